export { fromNats } from "./errors.ts";
export { Link, type LinkOptions, type Listening, type Outbound } from "./link.ts";
export type { Inbound } from "./message.ts";
