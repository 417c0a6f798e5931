/**
 * The syntax tree: small frozen objects. Comments belong to the tree, so that the printer keeps them:
 *
 *   // a comment                          comments of the application
 *
 *   classify(                             `gap`: an empty line stands before it
 *       // another                        comments of the input
 *       pics = all images, // remark      remarks of the input
 *   ) => (classified = tagged); // this   remarks of the application
 *   // the last                           closing comments of the composition
 *
 * A comment in any other place moves before the declaration, input, output or application that it stands in.
 */
import type { Distribution, JoinKind } from '../graph.ts';
import type { Span } from '../source/span.ts';

export interface Comment {
  readonly kind: 'comment';
  readonly style: 'line' | 'block';
  /** What stands between the comment's marks; of a line comment without white space at its end. */
  readonly text: string;
  /** An empty line stands before it. */
  readonly gap: boolean;
  readonly span: Span;
}

/** One occurrence of a name. */
export interface Name {
  readonly kind: 'name';
  readonly text: string;
  readonly span: Span;
}

/** Comments around a node. */
export interface Annotated {
  readonly comments: readonly Comment[];
  /** Comments on the line on which the node ends. A line comment is the last. */
  readonly remarks: readonly Comment[];
  readonly span: Span;
}

/** An annotated node that stands on lines of its own. */
export interface Statement extends Annotated {
  /** An empty line stands before it, after its comments. */
  readonly gap: boolean;
}

/** `function name(inputs) => (outputs);` */
export interface FunctionDeclaration extends Statement {
  readonly kind: 'function';
  readonly name: Name;
  readonly inputs: readonly Name[];
  readonly outputs: readonly Name[];
}

/** `parameter = [optional] distribution set` */
export interface Input extends Annotated {
  readonly kind: 'input';
  readonly parameter: Name;
  readonly optional: boolean;
  readonly distribution: Distribution;
  readonly set: Name;
}

/** `set = returnSet` */
export interface Output extends Annotated {
  readonly kind: 'output';
  readonly set: Name;
  readonly returned: Name;
}

/** One name of a `by` clause and how it joins what stands to its left; null for the first. */
export interface Join {
  readonly kind: 'join';
  readonly join: JoinKind | null;
  readonly input: Name;
  readonly span: Span;
}

/** `callee(inputs) => (outputs) [by joins];` */
export interface Application extends Statement {
  readonly kind: 'application';
  readonly callee: Name;
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
  /** Empty without a `by` clause. */
  readonly joins: readonly Join[];
}

/** `composition name(inputs) => (outputs) { applications }` */
export interface Composition extends Statement {
  readonly kind: 'composition';
  readonly name: Name;
  readonly inputs: readonly Name[];
  readonly outputs: readonly Name[];
  readonly applications: readonly Application[];
  /** Comments after the last application. */
  readonly closing: readonly Comment[];
}

export type ModuleItem = FunctionDeclaration | Composition;

export interface Module {
  readonly kind: 'module';
  readonly items: readonly ModuleItem[];
  /** Comments after the last item. */
  readonly closing: readonly Comment[];
  /** Names in what the parser had to skip: nobody should be told that these are missing. Empty where all is well. */
  readonly skipped: ReadonlySet<string>;
}
