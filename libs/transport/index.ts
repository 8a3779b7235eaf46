export { ControlReceiver } from "./control-receiver.ts";
export { HeldAttempts } from "./held.ts";
export { Inbox } from "./inbox.ts";
export { Incoming } from "./incoming.ts";
export { Outgoing } from "./outgoing.ts";
