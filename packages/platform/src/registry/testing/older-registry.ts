/** Makes a registry's folder what a version of Pappus without formats would have left: functions are not prepared as ours want them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeLine, encodeLine, HEADER, type RegistryEvent } from '../journal-line.ts';
import type { Version } from '../version.ts';

/** The registry must be closed. Its functions then have their code for a prepared module. */
export async function makeOlder(folder: string): Promise<void> {
  const path = join(folder, 'journal');
  const lines = (await readFile(path)).toString('latin1').split('\n').filter((line) => line !== '');
  const events = lines.map((line) => decodeLine(Buffer.from(line, 'latin1'))).filter((entry) => entry !== null && entry.kind !== 'format') as RegistryEvent[];
  await writeFile(path, Buffer.concat([HEADER, ...events.map(older)].map((entry) => encodeLine(entry))));
}

const older = (event: RegistryEvent): RegistryEvent => (event.kind === 'deployed' ? { ...event, versions: event.versions.map(olderVersion) } : event);

function olderVersion(version: Version): Version {
  if (version.kind === 'composition') return version;
  const { format: _format, ...rest } = version;
  return { ...rest, module: version.code };
}
