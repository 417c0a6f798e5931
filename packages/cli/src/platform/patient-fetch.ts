/**
 * Node's fetch gives an answer up that has not begun after five minutes, or whose next bytes take as long. An agent with other
 * limits changes that. The package undici has one, but loading it would double the start-up time of every command, and
 * Node has the same code inside: its agent stands under a symbol that undici defines for those who replace it.
 */

interface Limits {
  /** 0: none. */
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
}

type AgentClass = new (limits: Limits) => object;

/** The newest first: an agent of the interface that the fetch of this Node speaks. */
const AGENTS = [Symbol.for('undici.globalDispatcher.2'), Symbol.for('undici.globalDispatcher.1')];

export async function patientFetch(limits: Limits = { headersTimeout: 0, bodyTimeout: 0 }): Promise<typeof fetch> {
  const Agent = await builtInAgent();
  if (Agent !== null) {
    const dispatcher = new Agent(limits);
    return (url, init) => fetch(url, { ...init, dispatcher } as RequestInit);
  }
  const undici = await import('undici');
  const dispatcher = new undici.Agent(limits);
  return ((url: string, init: object) => undici.fetch(url, { ...init, dispatcher })) as unknown as typeof fetch;
}

async function builtInAgent(): Promise<AgentClass | null> {
  // Makes Node load it.
  await fetch('data:,');
  for (const symbol of AGENTS) {
    const found: unknown = Reflect.get(globalThis, symbol);
    if (typeof found === 'object' && found !== null && found.constructor.name === 'Agent') return found.constructor as AgentClass;
  }
  return null;
}
