export { type Denied, fromNats } from "./errors.ts";
export { Link, type Outbound } from "./link.ts";
export { type Listening, refusalOf } from "./listening.ts";
export type { Inbound } from "./message.ts";
export type { LinkOptions, NatsOptions } from "./options.ts";
export {
  type ServiceCounts,
  type ServiceEndpoint,
  Services,
  type ServicesParts,
} from "./services.ts";
