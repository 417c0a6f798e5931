/** The operations of the HTTP API as data: the OpenAPI document is made of them, and the server's routes are tested against them. */

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** A body by media type: the name of a schema of the components, or a schema. */
export type Content = Readonly<Record<string, string | Readonly<Record<string, unknown>>>>;

export interface Answer {
  readonly description: string;
  readonly content?: Content;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Operation {
  readonly id: string;
  readonly method: 'get' | 'put' | 'post' | 'delete';
  readonly path: string;
  readonly tag: 'functions' | 'compositions' | 'invocations' | 'observability' | 'server';
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: { readonly description: string; readonly content: Content; readonly isOptional?: boolean };
  /** By status. Problems are added: those of all operations, of operations with a body, and those that are named here. */
  readonly answers: Readonly<Record<string, Answer>>;
  readonly problems?: Readonly<Record<string, string>>;
  /** Needs no token. */
  readonly open?: boolean;
}
