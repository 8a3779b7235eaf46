/** The door for tools: who is there, what is being said, how the server is. An agent never needs it. */
export type { CallOutcome, SeenCall } from "./operate/calls.ts";
export {
  type AskOptions,
  type Beat,
  Observer,
  type ObserverOptions,
  observe,
} from "./operate/observer.ts";
export type { ServerFacts } from "./operate/server.ts";
export type {
  EndpointInfo,
  EndpointStats,
  ServiceInfo,
  ServiceStats,
} from "./operate/services.ts";
