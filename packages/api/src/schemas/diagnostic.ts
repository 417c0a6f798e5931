/** What is wrong with the source of a composition, by line and column. */
import { z } from 'zod';

export interface SourceDiagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  /** From 1, in characters. */
  readonly line: number;
  readonly column: number;
  /** Where it ends, behind its last character. */
  readonly endLine: number;
  readonly endColumn: number;
  readonly hint: string | null;
  readonly related: { readonly line: number; readonly column: number; readonly message: string } | null;
}

const position = z.int().min(1);

export const diagnosticSchema: z.ZodType<SourceDiagnostic> = z
  .object({
    severity: z.enum(['error', 'warning']),
    code: z.string(),
    message: z.string(),
    line: position,
    column: position,
    endLine: position,
    endColumn: position,
    hint: z.string().nullable(),
    related: z.object({ line: position, column: position, message: z.string() }).nullable(),
  })
  .meta({ id: 'Diagnostic', description: 'What is wrong at one place of a source text' });
