import assert from "node:assert/strict";
import { openSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { findProgram, serverProgram } from "../../libs/testing/binary.ts";
import { startBroker } from "../../services/desk/processes/broker.ts";
import { freePort } from "../../services/desk/processes/port.ts";
import { temporaryFolder } from "../support/folder.ts";

test("a port that another server takes in the same moment is left to it", async () => {
  using folder = temporaryFolder();
  const { port: wanted } = await freePort(0);
  await using thief = createServer((socket) => socket.end('INFO {"server_name":"thief"}\r\n'));
  const broker = await startBroker({
    program: findProgram(serverProgram),
    port: wanted,
    log: openSync(join(folder.path, "log"), "w"),
    // Called when the port was found to be free, and nobody listens there yet.
    configure: ({ port }) => {
      if (port === wanted) thief.listen(port);
      const path = join(folder.path, `${port}.conf`);
      writeFileSync(path, `listen: 127.0.0.1:${port}\n`);
      return path;
    },
  });
  try {
    assert.equal(thief.listening, true);
    assert.notEqual(broker.address.port, wanted);
    await broker.kill();
    await broker.revive();
  } finally {
    await broker.stop();
  }
});
