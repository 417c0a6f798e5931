/** The road that the Node bindings offer by themselves: rows as JavaScript values, serialised, appended row by row. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { deserialize, serialize } from 'node:v8';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

async function open(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  return instance.connect();
}

export async function send(order: { readonly port: number; readonly rows: number; readonly table: string; readonly source: string }): Promise<number> {
  const connection = await open();
  await connection.run(`CREATE TABLE source AS ${order.source} LIMIT ${order.rows}`);
  const began = performance.now();
  const reader = await connection.runAndReadAll('SELECT COLUMNS(*)::VARCHAR FROM source');
  const socket = connect(order.port, '127.0.0.1');
  socket.end(serialize(reader.getRows()));
  await once(socket, 'close');
  connection.closeSync();
  return performance.now() - began;
}

export async function receive(order: { readonly table: string }, onPort: (port: number) => void): Promise<number> {
  const connection = await open();
  await connection.run(order.table);
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onPort((server.address() as AddressInfo).port);
  const [socket] = (await once(server, 'connection')) as [import('node:net').Socket];
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const rows = deserialize(Buffer.concat(chunks)) as string[][];
  const appender = await connection.createAppender('target');
  for (const row of rows) {
    for (const value of row) appender.appendVarchar(value);
    appender.endRow();
  }
  appender.closeSync();
  server.close();
  connection.closeSync();
  return rows.length;
}
