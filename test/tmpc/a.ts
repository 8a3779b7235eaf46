import { startNats } from "@myelin/mesh/testing";
import { connect } from "@nats-io/transport-node";

const t0 = performance.now();
const log = (...a: unknown[]) => console.log(Math.round(performance.now() - t0), ...a);
const server = await startNats();
const nc = await connect({
  servers: server.url,
  maxReconnectAttempts: -1,
  reconnectTimeWait: 200,
  reconnectJitter: 200,
  ignoreAuthErrorAbort: true,
  pingInterval: 300,
  maxPingOut: 2,
  timeout: 2000,
});
void (async () => {
  for await (const s of nc.status())
    log(JSON.stringify(s, (k, v) => (v instanceof Error ? String(v) : v)));
  log("status ended");
})();
log("kill");
await server.kill();
log("killed");
await new Promise((r) => setTimeout(r, 700));
log("restart");
await server.restart();
log("restarted");
await new Promise((r) => setTimeout(r, 700));
log("force");
void nc.reconnect();
await new Promise((r) => setTimeout(r, 300));
log("pause+write");
server.pause();
const big = new Uint8Array(1_000_000);
for (let i = 0; i < 30; i++) nc.publish("x", big);
await new Promise((r) => setTimeout(r, 4000));
log("destroy");
(nc as any).protocol.transport.socket.destroy();
await new Promise((r) => setTimeout(r, 300));
log("resume");
server.resume();
await new Promise((r) => setTimeout(r, 3000));
log("pause, kill in handshake");
server.pause();
await new Promise((r) => setTimeout(r, 2500));
log("closing while dialing");
await nc.close();
log("closed");
await server.stop();
log("stopped");
