/**
 * What a cloud asks for what a query uses. Prices are data with a date; whoever has newer ones passes those.
 * All in US dollars, per the unit in the field's name.
 */

export interface PriceTable {
  readonly name: string;
  /** The day on which the prices were public, as YYYY-MM-DD. */
  readonly date: string;
  readonly sources: readonly string[];
  readonly computePerGbSecond: number;
  readonly perInvocation: number;
  /** S3 bills COPY, POST and LIST like PUT; GET and HEAD by another price; DELETE is free. */
  readonly putPerThousand: number;
  readonly listPerThousand: number;
  readonly getPerThousand: number;
  readonly headPerThousand: number;
  readonly deletePerThousand: number;
  /** Traffic to the internet; none is billed between functions and the store of one region. */
  readonly egressPerGb: number;
}

/** AWS Lambda (x86, first tier) and S3 Standard, region us-east-1, public list prices without the free tier. */
export const awsUsEast1: PriceTable = {
  name: 'AWS Lambda x86 + S3 Standard, us-east-1',
  date: '2025-06-01',
  sources: ['AWS Lambda pricing page', 'Amazon S3 pricing page'],
  computePerGbSecond: 0.000_016_666_7,
  perInvocation: 0.000_000_2,
  putPerThousand: 0.005,
  listPerThousand: 0.005,
  getPerThousand: 0.000_4,
  headPerThousand: 0.000_4,
  deletePerThousand: 0,
  egressPerGb: 0.09,
};
