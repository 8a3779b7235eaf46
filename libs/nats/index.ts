export type { CredentialsOption } from "./credentials.ts";
export { type Denied, fromNats } from "./errors.ts";
export { Link } from "./link.ts";
export { type Listening, refusalOf } from "./listening.ts";
export type { Inbound } from "./message.ts";
export type { Mover, Owed, Subscriber } from "./mover.ts";
export { type LinkOptions, type NatsOptions, type Notice, usualUrl } from "./options.ts";
export type { Outbound } from "./sending.ts";
export {
  type CardSigner,
  type ServiceCounts,
  type ServiceEndpoint,
  Services,
  type ServicesParts,
} from "./services.ts";
export type { TlsOptions } from "./tls.ts";
