/** Error numbers of WASI preview 1 that these functions answer, and the types of files. */
export const ERRNO = {
  success: 0, badf: 8, exist: 20, fault: 21, ilseq: 25, inval: 28, isdir: 31, mfile: 33, nametoolong: 37, nfile: 41, noent: 44,
  nomem: 48, nospc: 51, nosys: 52, notdir: 54, notempty: 55, notsup: 58, perm: 63, rofs: 69, spipe: 70, notcapable: 76,
} as const;
export type Errno = (typeof ERRNO)[keyof typeof ERRNO];

export const FILE_TYPE = { unknown: 0, characterDevice: 2, directory: 3, regular: 4 } as const;

/** `fdflags` */
export const APPEND = 1;
/** `oflags` */
export const OPEN = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;
/** `rights` */
export const RIGHT_WRITE = 64n;
export const ALL_RIGHTS = 0x1fff_ffffn;
