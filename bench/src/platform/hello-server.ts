/** The bare node:http hello-world: nothing that answers HTTP from Node does less. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const HELLO = Buffer.from('hello');
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': HELLO.length });
  response.end(HELLO);
});
server.listen(0, '127.0.0.1', () => process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.on(event, () => process.exit(0));
