/** The eight tables: names, columns and types (specification, clause 1.4), as in the usual Parquet data sets. */

export type ColumnType = 'BIGINT' | 'INTEGER' | 'DECIMAL(15,2)' | 'DATE' | 'VARCHAR';

export interface ColumnSchema {
  readonly name: string;
  readonly type: ColumnType;
}

export const TABLE_NAMES = ['region', 'nation', 'supplier', 'customer', 'part', 'partsupp', 'orders', 'lineitem'] as const;

export type TableName = (typeof TABLE_NAMES)[number];

export const isTableName = (name: string): name is TableName => (TABLE_NAMES as readonly string[]).includes(name);

const TYPES: Readonly<Record<string, ColumnType>> = { key: 'BIGINT', int: 'INTEGER', money: 'DECIMAL(15,2)', date: 'DATE', text: 'VARCHAR' };

/** `key o_orderkey, text o_comment` as columns. */
const columns = (list: string): readonly ColumnSchema[] =>
  list.split(', ').map((entry) => {
    const [type = '', name = ''] = entry.split(' ');
    return { name, type: TYPES[type] as ColumnType };
  });

export const TABLES: Readonly<Record<TableName, readonly ColumnSchema[]>> = {
  region: columns('key r_regionkey, text r_name, text r_comment'),
  nation: columns('key n_nationkey, text n_name, key n_regionkey, text n_comment'),
  supplier: columns('key s_suppkey, text s_name, text s_address, key s_nationkey, text s_phone, money s_acctbal, text s_comment'),
  customer: columns(
    'key c_custkey, text c_name, text c_address, key c_nationkey, text c_phone, money c_acctbal, text c_mktsegment, text c_comment',
  ),
  part: columns(
    'key p_partkey, text p_name, text p_mfgr, text p_brand, text p_type, int p_size, text p_container, money p_retailprice, text p_comment',
  ),
  partsupp: columns('key ps_partkey, key ps_suppkey, int ps_availqty, money ps_supplycost, text ps_comment'),
  orders: columns(
    'key o_orderkey, key o_custkey, text o_orderstatus, money o_totalprice, date o_orderdate, text o_orderpriority, text o_clerk, ' +
      'int o_shippriority, text o_comment',
  ),
  lineitem: columns(
    'key l_orderkey, key l_partkey, key l_suppkey, int l_linenumber, money l_quantity, money l_extendedprice, money l_discount, ' +
      'money l_tax, text l_returnflag, text l_linestatus, date l_shipdate, date l_commitdate, date l_receiptdate, ' +
      'text l_shipinstruct, text l_shipmode, text l_comment',
  ),
};
