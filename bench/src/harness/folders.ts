/** Where things are in the repository. */
import { dirname, join } from 'node:path';

export const repositoryRoot: string = dirname(dirname(dirname(import.meta.dirname)));
const cache = join(repositoryRoot, 'node_modules', '.cache');
/** Generated data, kept between runs. */
export const dataFolder: string = join(cache, 'pappus-bench');
/** The one that scripts/bootstrap.mjs gives all commands. */
export const compileCacheFolder: string = join(cache, 'pappus-compile');
/** The program behind `pappus`. */
export const cliProgram: string = join(repositoryRoot, 'packages', 'cli', 'src', 'main.ts');
export const bootstrapProgram: string = join(repositoryRoot, 'scripts', 'bootstrap.mjs');
