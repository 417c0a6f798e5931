/** A graph as a few lines of text, for people who compare. */
import type { Application, CompositionGraph, InputBinding, JoinStep, SetIndex } from '../graph.ts';

export function graphSummary(graph: CompositionGraph): string {
  const { name, sets, inputs, outputs, applications } = graph;
  const set = (index: SetIndex | null): string => (index === null ? '_' : `${index}:${sets[index] ?? '?'}`);
  const head = `${name}(${sets.slice(0, inputs).map((_, index) => set(index)).join(', ')}) => (${outputs.map(set).join(', ')})`;
  return [head, ...applications.map((application) => `  ${applicationSummary(application, set)}`)].join('\n');
}

function applicationSummary({ callee, inputs, outputs, joins }: Application, set: (index: SetIndex | null) => string): string {
  const input = ({ parameter, position, set: index, distribution, optional }: InputBinding): string => `${position}:${parameter} = ${optional ? 'optional ' : ''}${distribution} ${set(index)}`;
  const step = ({ input: index, kind }: JoinStep): string => `${kind === null ? '' : `${kind} `}${inputs[index]?.parameter ?? '?'}`;
  const by = joins.length === 0 ? '' : ` by ${joins.map(step).join(' ')}`;
  return `${callee}(${inputs.map(input).join(', ')}) => (${outputs.map(set).join(', ')})${by}`;
}
