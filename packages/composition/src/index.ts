/** The composition language: text to checked graphs, and back. */
export { composition, declare, moduleOf, type Built, type BuiltComposition } from './builder/builder.ts';
export type { ApplyOptions, Callable, FunctionShape } from './builder/callable.ts';
export { all, anyEach, anyKeyed, by, each, keyed, optional, type Handed, type Joins, type SetOf } from './builder/sets.ts';
export { check, compile, type CheckedModule, type CheckOptions, type CheckResult, type Signatures } from './check/check.ts';
export { DISTRIBUTIONS, JOIN_KINDS, type Application, type CompositionGraph, type Distribution, type InputBinding, type JoinKind, type JoinStep, type SetIndex, type Signature } from './graph.ts';
export { flatten, type GraphLookup } from './lowering/flatten.ts';
export { findRecursion } from './lowering/recursion.ts';
export { signatureOf } from './lowering/signature.ts';
export { toGraph } from './lowering/to-graph.ts';
export { hasErrors, mergeDiagnostics, type Diagnostic, type DiagnosticCode, type Related, type Severity } from './source/diagnostic.ts';
export { LineTable, type Position } from './source/line-table.ts';
export { renderDiagnostics, type SourceFile } from './source/render.ts';
export { nearestName, suggestion } from './source/nearest-name.ts';
export type { Span } from './source/span.ts';
export type {
  Application as ApplicationNode,
  Comment as CommentNode,
  Composition as CompositionNode,
  FunctionDeclaration as FunctionNode,
  Input as InputNode,
  Join as JoinNode,
  Module,
  ModuleItem,
  Name as NameNode,
  Output as OutputNode,
} from './syntax/ast.ts';
export { parse, type Parsed } from './syntax/parser.ts';
export { print } from './syntax/printer.ts';
