export { natsCli } from "./binary.ts";
export { type CallParts, call, operation, type RequestParts, request } from "./builders.ts";
export { echo, echoHandlers } from "./echo.ts";
export { eventually, type Patience } from "./eventually.ts";
export { answering, type FarSide, failing, farSide, hanging } from "./far-side.ts";
export { ManualClock } from "./manual-clock.ts";
export { type Access, type Joining, type MeshOptions, startMesh, type TestMesh } from "./mesh.ts";
export { type CliOptions, type CliRun, runNatsCli } from "./nats-cli.ts";
export { type NatsOptions, type NatsServer, startNats } from "./nats-server.ts";
