export {
  anyInbox,
  anyRoute,
  type CallAddress,
  type ControlAddress,
  callerInbox,
  callSubject,
  controlSubject,
  filters,
  inboxPrefix,
  isToken,
  maxInstanceLength,
  type Parsed,
  type PresenceAddress,
  parseCallSubject,
  parseControlSubject,
  parsePresenceSubject,
  presenceSubject,
  type Route,
  routeToken,
  tokenRule,
  versionLabel,
} from "./grammar.ts";
export { ContentType, Header, maxHeaderBytes, maxPathLength } from "./headers.ts";
export { type Control, type Presence, PresenceState, type ProbeReply } from "./messages.ts";
export {
  askSubject,
  Metadata,
  type ServiceVerb,
  serviceSubjects,
  serviceTypes,
  serviceVerbs,
} from "./services.ts";
