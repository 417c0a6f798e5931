import { property, assert as check, integer, nat, record, double } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { billRecord, formatBillLine, formatBillTable, formatDollars } from './bill-text.ts';
import { addUsage, bill, noUsage, type Usage } from './bill.ts';
import { awsUsEast1 } from './prices.ts';

const usage: Usage = { computeGbSeconds: 12.5, invocations: 8, requests: { get: 1_000, put: 100, list: 10, head: 5, delete: 3 }, egressBytes: 2_000_000_000 };

describe('the bill', () => {
  it('is what AWS asks', () => {
    const { lines, totalPicodollars } = bill(usage, awsUsEast1);
    const amounts = Object.fromEntries(lines.map(({ item, picodollars }) => [item, formatDollars(picodollars, 12)]));
    expect(amounts).toEqual({
      compute: '$0.000208333750',
      invocations: '$0.000001600000',
      put: '$0.000500000000',
      get: '$0.000400000000',
      list: '$0.000050000000',
      head: '$0.000002000000',
      delete: '$0.000000000000',
      egress: '$0.180000000000',
    });
    expect(formatDollars(totalPicodollars, 12)).toBe('$0.181161933750');
  });

  it('leaves out what was not used', () => {
    const empty = bill(noUsage, awsUsEast1);
    expect(empty.lines).toEqual([]);
    expect(formatBillLine(empty)).toBe('$0.000000');
  });

  it('prints as a line and as a table', () => {
    const printed = bill({ ...noUsage, computeGbSeconds: 1.25, invocations: 8, requests: { ...noUsage.requests, put: 12, get: 96 } }, awsUsEast1);
    expect(formatBillLine(printed)).toBe('$0.000121 (1.25 GB-s, 8 invocations, 12 PUT, 96 GET)');
    expect(formatBillTable(printed)).toBe(
      [
        'compute      1.25 GB-s         $0.000020833',
        'invocations     8 invocations  $0.000001600',
        'writes         12 PUT          $0.000060000',
        'reads          96 GET          $0.000038400',
        'total                          $0.000120833',
        'prices: AWS Lambda x86 + S3 Standard, us-east-1, 2025-06-01',
      ].join('\n'),
    );
    expect(JSON.parse(JSON.stringify(billRecord(printed)))).toMatchObject({ totalUsd: '0.000120833375', pricesDate: '2025-06-01' });
  });

  it('adds up: the bill of two usages is the two bills, but for rounding of a picodollar a line', () => {
    const arbitrary = record({
      computeGbSeconds: double({ min: 0, max: 1e6, noNaN: true }),
      invocations: nat(1e6),
      requests: record({ get: nat(1e7), put: nat(1e7), list: nat(1e5), head: nat(1e5), delete: nat(1e5) }),
      egressBytes: integer({ min: 0, max: 1e12 }),
    });
    check(property(arbitrary, arbitrary, (a, b) => {
      const together = bill(addUsage(a, b), awsUsEast1).totalPicodollars;
      const difference = together - bill(a, awsUsEast1).totalPicodollars - bill(b, awsUsEast1).totalPicodollars;
      return difference <= 16n && difference >= -16n;
    }));
  });
});

it('formats money exactly', () => {
  expect(formatDollars(1n, 12)).toBe('$0.000000000001');
  expect(formatDollars(1_234_567_890_123_456_789n, 6)).toBe('$1234567.890123');
  expect(formatDollars(500_000n, 6)).toBe('$0.000001');
  expect(formatDollars(499_999n, 6)).toBe('$0.000000');
  expect(formatDollars(2_500_000_000_000n, 0)).toBe('$3');
});
