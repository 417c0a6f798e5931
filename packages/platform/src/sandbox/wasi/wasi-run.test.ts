import { describe, expect, test } from 'vitest';
import { item } from '../testing/compliance.ts';
import { ROOT_FD, WasiCaller } from '../testing/wasi-caller.ts';
import { MAX_LISTED_NAMES } from '../limits.ts';
import { ERRNO } from './errno.ts';

const IN = [{ name: 'anything', items: [item('a.txt', 'hello world', 7), item('more/b.txt', 'second'), item('more/deep/c', 'third', 9)] }];
const caller = (): WasiCaller => new WasiCaller(IN);

describe('inputs', () => {
  test('are read in pieces, from anywhere', () => {
    const wasi = caller();
    const fd = wasi.open('/in/a.txt');
    expect(wasi.read(fd, 5)).toBe('hello');
    expect(wasi.read(fd, 100)).toBe(' world');
    expect(wasi.read(fd, 100)).toBe('');
    expect(wasi.seek(fd, -5n, 2)).toBe(6);
    expect(wasi.read(fd, 2)).toBe('wo');
    expect(wasi.seek(fd, 1n, 1)).toBe(9);
    expect(wasi.read(fd, 3, 4n)).toBe('o w');
    expect(wasi.read(fd, 3, -1n)).toBe('');
    expect(wasi.read(fd, 9)).toBe('ld');
    expect(wasi.seek(fd, -1n, 0)).toBe(-ERRNO.inval);
    expect(wasi.seek(fd, 0n, 3)).toBe(-ERRNO.inval);
  });

  test('are read-only', () => {
    const wasi = caller();
    expect(wasi.open('in/a.txt', { writes: true })).toBe(-ERRNO.rofs);
    expect(wasi.create('in/new')).toBe(-ERRNO.rofs);
    expect(wasi.write(wasi.open('in/a.txt'), 'x')).toBe(-ERRNO.badf);
    expect(wasi.onPath('path_unlink_file', 'in/a.txt')).toBe(ERRNO.rofs);
    expect(wasi.onPath('path_rename', 'in/a.txt', 'out/a.txt')).toBe(ERRNO.rofs);
    expect(wasi.onPath('path_create_directory', 'in/x')).toBe(ERRNO.rofs);
  });

  test('lie in folders', () => {
    const wasi = caller();
    expect(wasi.list('/')).toEqual(['in/', 'out/', '.keys/']);
    expect(wasi.list('in')).toEqual(['a.txt', 'more/']);
    expect(wasi.list('in/more')).toEqual(['b.txt', 'deep/']);
    expect(wasi.list('.keys')).toEqual(['in', 'out']);
    expect(wasi.list('in/a.txt')).toBe(-ERRNO.notdir);
    expect(wasi.list('in/none')).toBe(-ERRNO.noent);
    expect(wasi.read(wasi.open('deep/../deep/c', { at: wasi.open('in/more', { flags: 2 }) }), 10)).toBe('third');
  });

  test('have a type, a size and an inode of their own', () => {
    const wasi = caller();
    expect(wasi.stat('in/a.txt')).toMatchObject({ type: 4, size: 11 });
    expect(wasi.stat('in/more')).toMatchObject({ type: 3 });
    expect(wasi.stat('in/none')).toBe(-ERRNO.noent);
    const inodes = ['', 'in', 'in/a.txt', 'in/more', 'in/more/b.txt', 'out'].map((path) => (wasi.stat(`/${path}`) as { inode: bigint }).inode);
    expect(new Set(inodes).size).toBe(inodes.length);
  });

  test('of one name are told apart', () => {
    const wasi = new WasiCaller([{ name: 'in', items: [item('x', '1'), item('x', '2', 5), item('x~2', '3'), item('x', '4')] }]);
    const names = wasi.list('in') as readonly string[];
    expect(new Set(names).size).toBe(4);
    expect(names.map((name) => wasi.read(wasi.open(`in/${name}`), 9))).toEqual(['1', '2', '3', '4']);
    expect(wasi.read(wasi.open('.keys/in'), 99)).toBe('5 x~2\n');
  });

  test('a long listing comes whole through a small buffer', () => {
    const names = Array.from({ length: 300 }, (_, index) => `item-${index}`);
    const wasi = new WasiCaller([{ name: 'in', items: names.map((name) => item(name, '')) }]);
    expect(wasi.list('in', 100)).toEqual(names);
  });
});

describe('outputs', () => {
  test('are the files that were written, with their folders and keys', () => {
    const wasi = caller();
    wasi.create('out/x', 'one');
    expect(wasi.create('out/sub/y')).toBe(-ERRNO.noent);
    expect(wasi.onPath('path_create_directory', 'out/sub')).toBe(ERRNO.success);
    expect(wasi.onPath('path_create_directory', 'out/sub')).toBe(ERRNO.exist);
    wasi.create('out/sub/y', 'two');
    wasi.create('.keys/out', '12 sub/y\n4294967295 x');
    expect(wasi.list('out')).toEqual(['sub/', 'x']);
    expect(wasi.outputs()).toEqual({ out: [['x', 0xffff_ffff, 'one'], ['sub/y', 12, 'two']] });
  });

  test('keys in more lines than there may be items, and in long lines, are refused without being taken apart', () => {
    const refused = (keys: string): unknown => {
      const wasi = new WasiCaller(IN, { limits: { outputItems: 3 } });
      wasi.create('out/x');
      wasi.create('.keys/out', keys);
      try {
        return wasi.outputs();
      } catch (thrown) {
        return (thrown as { readonly failure: unknown }).failure;
      }
    };
    expect(refused('1 x\n\n1 x\n')).toEqual({ out: [['x', 1, '']] });
    expect(refused('\n'.repeat(4))).toEqual({ kind: 'invalid-output', message: '/.keys/out: there are more than 3 lines, the limit of output items' });
    expect(refused(`\n1 ${'x'.repeat(5_000)}`)).toEqual({ kind: 'invalid-output', message: expect.stringMatching(/line 2 is not a key and a name: "1 x{58}"$/) });
  });

  test.each([['x\n', /line 1 is not a key and a name: "x"/], ['1 x\n4294967296 x\n', /line 2/], ['-1 x', /line 1/], ['1 none', /no item "none"/]])('the keys %j are refused', (keys, message) => {
    const wasi = caller();
    wasi.create('out/x');
    wasi.create('.keys/out', keys);
    expect(() => wasi.outputs()).toThrow(expect.objectContaining({ failure: { kind: 'invalid-output', message: expect.stringMatching(message) } }));
  });

  test('can be appended to, truncated, read back, and have holes', () => {
    const wasi = caller();
    const fd = wasi.create('out/x', 'abc');
    const again = wasi.open('out/x', { writes: true, append: true });
    wasi.write(again, 'def');
    expect(wasi.read(again, 9, 0n)).toBe('abcdef');
    wasi.write(fd, 'X', 8n);
    expect(wasi.call('fd_filestat_set_size', fd, 10n)).toBe(ERRNO.success);
    expect(wasi.outputs()).toEqual({ out: [['x', 0, 'abcdef\0\0X\0']] });
    wasi.create('out/x', 'new');
    expect(wasi.outputs()).toEqual({ out: [['x', 0, 'new']] });
    expect(wasi.open('out/x', { flags: 5, writes: true })).toBe(-ERRNO.exist);
  });

  test('can be renamed and removed', () => {
    const wasi = caller();
    wasi.create('out/x', '1');
    wasi.create('out/y', '2');
    expect(wasi.onPath('path_rename', 'out/x', 'out/y')).toBe(ERRNO.success);
    expect(wasi.onPath('path_rename', 'out/y', 'out/y')).toBe(ERRNO.success);
    expect(wasi.outputs()).toEqual({ out: [['y', 0, '1']] });
    expect(wasi.onPath('path_unlink_file', 'out/y')).toBe(ERRNO.success);
    expect(wasi.onPath('path_unlink_file', 'out/y')).toBe(ERRNO.noent);
    wasi.onPath('path_create_directory', 'out/d');
    wasi.create('out/d/f');
    expect(wasi.onPath('path_remove_directory', 'out/d')).toBe(ERRNO.notempty);
    wasi.onPath('path_unlink_file', 'out/d/f');
    expect(wasi.onPath('path_remove_directory', 'out/d')).toBe(ERRNO.success);
    expect(wasi.onPath('path_remove_directory', 'out')).toBe(ERRNO.rofs);
    expect(wasi.outputs()).toEqual({ out: [] });
  });

  test('of a set that is input too begin with what is there', () => {
    const wasi = new WasiCaller([{ name: 's', items: [item('a', 'old', 3), item('b', 'kept')] }], { inputs: ['s'], outputs: ['s'] });
    wasi.write(wasi.open('s/a', { writes: true }), 'N');
    expect(wasi.read(wasi.open('s/a'), 9)).toBe('Nld');
    expect(wasi.list('s')).toEqual(['a', 'b']);
    expect(wasi.outputs()).toEqual({ s: [['a', 0, 'Nld']] });
  });
});

describe('hostile programs', () => {
  const failure = (act: (wasi: WasiCaller) => void, limits = {}): unknown => {
    const wasi = new WasiCaller(IN, { limits });
    expect(() => act(wasi)).toThrow(/the run has ended/);
    // Whoever catches the exception gets no further.
    expect(() => wasi.call('fd_close', 3)).toThrow(/the run has ended/);
    return wasi.run.end;
  };

  test('a hole of terabytes meets the limit of bytes', () => {
    expect(failure((wasi) => wasi.write(wasi.create('out/x'), 'x', 1n << 40n))).toMatchObject({ failure: { limit: 'output-bytes' } });
    expect(failure((wasi) => wasi.call('fd_filestat_set_size', wasi.create('out/x'), 1n << 40n))).toMatchObject({ failure: { limit: 'output-bytes' } });
    expect(failure((wasi) => wasi.call('fd_allocate', wasi.create('out/x'), 0n, 1n << 40n))).toMatchObject({ failure: { limit: 'output-bytes' } });
    const wasi = caller();
    expect(wasi.write(wasi.create('out/x'), 'x', -1n)).toBe(-ERRNO.inval);
  });

  test('files that are removed while open are still charged, and no longer once they are closed', () => {
    const limits = { outputBytes: 20_000 };
    const data = 'x'.repeat(9_000);
    expect(failure((wasi) => {
      for (let file = 0; file < 3; file++) {
        wasi.create('out/x', data);
        wasi.onPath('path_unlink_file', 'out/x');
      }
    }, limits)).toMatchObject({ failure: { limit: 'output-bytes' } });
    const wasi = new WasiCaller(IN, { limits });
    for (let file = 0; file < 10; file++) {
      const fd = wasi.create('out/x', data);
      wasi.onPath('path_unlink_file', 'out/x');
      expect(wasi.call('fd_close', fd)).toBe(ERRNO.success);
    }
  });

  test('names count as bytes, and files as items', () => {
    expect(failure((wasi) => {
      for (let file = 0; ; file++) wasi.call('fd_close', wasi.create(`out/${'n'.repeat(200)}${file}`));
    }, { outputBytes: 5_000 })).toMatchObject({ failure: { limit: 'output-bytes' } });
    expect(failure((wasi) => {
      for (let file = 0; ; file++) wasi.call('fd_close', wasi.create(`out/${file}`));
    }, { outputItems: 10 })).toMatchObject({ failure: { limit: 'output-items' } });
  });

  test('open files and folders are bounded', () => {
    const wasi = caller();
    let last = 0;
    for (let file = 0; file < 2_000 && last >= 0; file++) last = wasi.open('in/a.txt');
    expect(last).toBe(-ERRNO.mfile);
    const folders = caller();
    let errno: number = ERRNO.success;
    for (let folder = 0; folder < 20_000 && errno === ERRNO.success; folder++) errno = folders.onPath('path_create_directory', `out/${folder}`);
    expect(errno).toBe(ERRNO.nospc);
  });

  test('the keys of an input have one text, however often they are open', () => {
    const wasi = caller();
    const texts = Array.from({ length: 3 }, () => wasi.run.descriptors.get(wasi.open('.keys/in')));
    const [first] = texts;
    for (const text of texts) expect(text).toMatchObject({ kind: 'input', data: first?.kind === 'input' ? expect.toSatisfy((data) => data === first.data) : null });
  });

  test('names that open folders have listed are bounded, until the folders are closed', () => {
    const wasi = caller();
    const listing = new Map(Array.from({ length: MAX_LISTED_NAMES / 2 }, (_, index) => [`${index}`, false] as const));
    const { descriptors } = wasi.run;
    const fds = Array.from({ length: 3 }, () => wasi.open('in', { flags: 2 }));
    const list = (fd: number): boolean => {
      const open = descriptors.get(fd);
      return open?.kind === 'folder' && descriptors.list(open, listing);
    };
    expect(fds.map(list)).toEqual([true, true, false]);
    expect(list(fds[0] as number)).toBe(true);
    expect(wasi.call('fd_readdir', fds[2] as number, 100, 100, 0n, 200)).toBe(ERRNO.nomem);
    wasi.call('fd_close', fds[0] as number);
    expect(list(fds[2] as number)).toBe(true);
  });

  test.each([
    ['upwards', '../etc/passwd', ERRNO.notcapable],
    ['upwards from the root', '/../in/a.txt', ERRNO.notcapable],
    ['through a set and upwards', 'in/../../x', ERRNO.notcapable],
    ['empty', '', ERRNO.noent],
    ['to no set', 'elsewhere/x', ERRNO.noent],
    ['with NUL', 'out/nul\0byte', ERRNO.inval],
    ['with a line break', 'out/line\nbreak', ERRNO.inval],
    ['with a long part', `out/${'x'.repeat(256)}`, ERRNO.nametoolong],
    ['too long', 'x'.repeat(5_000), ERRNO.nametoolong],
    ['to a set', 'out', ERRNO.isdir],
    ['to a set, with a slash', 'out/', ERRNO.isdir],
    ['to keys of no set', '.keys/none', ERRNO.noent],
    ['to keys of an input', '.keys/in', ERRNO.rofs],
  ] as const)('a path %s can not be written', (_, path, errno) => {
    expect(caller().create(path)).toBe(-errno);
  });

  test('paths that lead back inside are what they say', () => {
    const wasi = caller();
    expect(wasi.read(wasi.open('out/./..//in/more/../a.txt'), 5)).toBe('hello');
  });

  test('addresses outside the memory are an error of the call', () => {
    const wasi = caller();
    const fd = wasi.open('in/a.txt');
    const out = wasi.create('out/x');
    for (const bad of [0x7fff_fff0, -8]) {
      expect(wasi.call('path_open', ROOT_FD, 0, bad, 100, 0, 2n, 0n, 0, 200)).toBe(ERRNO.fault);
      expect(wasi.call('fd_read', fd, bad, 1, 200)).toBe(ERRNO.fault);
      expect(wasi.call('fd_read', fd, 100, -1, 200)).toBe(ERRNO.fault);
      expect(wasi.call('fd_readdir', ROOT_FD, bad, 100, 0n, 200)).toBe(ERRNO.fault);
      expect(wasi.call('fd_filestat_get', fd, bad)).toBe(ERRNO.fault);
      expect(wasi.call('fd_prestat_get', ROOT_FD, bad)).toBe(ERRNO.fault);
      expect(wasi.call('random_get', bad, 100)).toBe(ERRNO.fault);
      expect(wasi.call('args_get', bad, 0)).toBe(ERRNO.fault);
      expect(wasi.call('clock_time_get', 0, 0n, bad)).toBe(ERRNO.fault);
      wasi.bytes.writeInt32LE(bad, 100);
      wasi.bytes.writeInt32LE(64, 104);
      expect(wasi.call('fd_read', fd, 100, 1, 200)).toBe(ERRNO.fault);
      expect(wasi.call('fd_write', out, 100, 1, 200)).toBe(ERRNO.fault);
    }
  });

  test('every function answers any descriptor', () => {
    const wasi = caller();
    for (const fd of [-1, 99, 1e9]) {
      for (const name of ['fd_close', 'fd_sync', 'fd_datasync']) expect(wasi.call(name, fd)).toBe(ERRNO.badf);
      expect(wasi.call('fd_renumber', fd, 0)).toBe(ERRNO.badf);
      expect(wasi.call('fd_read', fd, 100, 0, 200)).toBe(ERRNO.badf);
      expect(wasi.call('fd_readdir', fd, 100, 0, 0n, 200)).toBe(ERRNO.badf);
    }
  });
});

describe('the process', () => {
  const stdio = { name: 'stdio', items: [item('argv', 'one\0two words\0'), item('environment', 'A=1\0B=2'), item('stdin', 'typed')] };
  const strings = (wasi: WasiCaller, name: string): readonly string[] => {
    expect(wasi.call(`${name}_sizes_get`, 0, 4)).toBe(ERRNO.success);
    const [count, bytes] = [wasi.bytes.readUInt32LE(0), wasi.bytes.readUInt32LE(4)];
    expect(wasi.call(`${name}_get`, 100, 1_000)).toBe(ERRNO.success);
    const text = wasi.bytes.toString('utf8', 1_000, 1_000 + bytes);
    for (let i = 0; i < count; i++) expect(text.slice(wasi.bytes.readUInt32LE(100 + i * 4) - 1_000)).not.toBe('');
    return text.split('\0').slice(0, -1);
  };

  test('gets arguments, environment and stdin from the set stdio', () => {
    const wasi = new WasiCaller(IN, { capabilities: { environment: { B: 'declared', C: '3' } } }, stdio);
    expect(strings(wasi, 'args')).toEqual(['function', 'one', 'two words']);
    expect(strings(wasi, 'environ')).toEqual(['C=3', 'A=1', 'B=2']);
    expect(wasi.read(0, 99)).toBe('typed');
    const none = caller();
    expect(strings(none, 'args')).toEqual(['function']);
    expect(strings(none, 'environ')).toEqual([]);
    expect(none.read(0, 9)).toBe('');
  });

  test('may take stdio as an input, and give it as an output', () => {
    const wasi = new WasiCaller([stdio], { inputs: ['stdio'], outputs: ['stdio'], limits: { logBytes: 3 } });
    expect(wasi.read(0, 99)).toBe('typed');
    wasi.write(1, 'printed');
    expect(wasi.outputs()).toEqual({ stdio: [['stdout', 0, 'printed']] });
    expect(Buffer.from(wasi.run.log()?.stdout ?? []).toString()).toBe('pri');
    expect(wasi.run.log()?.droppedBytes).toBe(4);
  });

  test('sees no time and no randomness unless it may', () => {
    const read = (wasi: WasiCaller): readonly bigint[] => {
      wasi.call('clock_time_get', 0, 0n, 0);
      wasi.call('clock_time_get', 1, 0n, 8);
      wasi.call('random_get', 16, 8);
      return [0, 8, 16].map((at) => wasi.bytes.readBigUInt64LE(at));
    };
    const [wall, monotonic, random] = read(caller());
    expect([wall, monotonic]).toEqual([0n, 0n]);
    expect(read(caller())[2]).toBe(random);
    const impure = read(new WasiCaller(IN, { capabilities: { clock: true, random: true } }));
    expect(impure.slice(0, 2)).toEqual([1_700_000_000_123_000_000n, 5_000_000n]);
    expect(impure[2]).not.toBe(random);
    expect(caller().call('clock_time_get', 9, 0n, 0)).toBe(ERRNO.inval);
  });

  test('has no sockets and nothing to wait for', () => {
    for (const [name, count] of [['poll_oneoff', 4], ['sock_accept', 3], ['sock_recv', 6], ['sock_send', 5], ['sock_shutdown', 2]] as const) {
      expect(caller().call(name, ...Array.from({ length: count }, () => 0))).toBe(ERRNO.nosys);
    }
  });
});
