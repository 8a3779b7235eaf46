import { type EventAddress, eventSubject, Header, Store } from "@myelin/subjects";
import { check, type EventKind } from "../../contract/index.ts";
import { MeshCode } from "../../errors/index.ts";
import {
  type CallSignal,
  type CloudEvent,
  type Operation,
  type Request,
  RequestRecord,
  type ServeLayer,
  type TaskMove,
} from "../../pipeline/index.ts";
import { parseTraceparent } from "../../telemetry/index.ts";
import { field, json, needle } from "../../wire/index.ts";
import { type BringData, ClaimedData } from "./event-body.ts";

/** Events of one kind as they are handled here. */
export interface EventWork {
  readonly operation: Operation;
  readonly kind: EventKind;
}

/** What came, of which the handler learns. */
export interface Arrival {
  readonly address: EventAddress;
  readonly cloud: CloudEvent;
  readonly head: string;
  readonly attempt: number;
  readonly sequence: number | undefined;
  /** Events that were lost before it, of a live subscriber that is too slow. */
  readonly missed: number;
  readonly move?: TaskMove | undefined;
}

/** How events are handled: as calls are, under a name of their own in metrics and traces. */
export function eventOperation(agent: string, how: string, address: EventAddress): Operation {
  const skill = `${how}:${address.publisher}.${address.name}`;
  const rest = { streams: false, idempotent: true, deadlineMs: 0, idleMs: 0 };
  return Object.freeze({
    ...{ agent, skill, key: `${agent}.${skill}`, ...rest },
    ...{ request: json, response: json, event: eventSubject(address) },
  });
}

/** An event as the layers see it; its data is read by one of them, so that they see what cannot be read, too. */
export function eventRequest(
  { operation }: EventWork,
  { address, cloud, head, attempt, sequence, missed, move }: Arrival,
  signal: CallSignal,
): RequestRecord {
  const request = new RequestRecord(operation, address.publisher, signal);
  request.id = cloud.id;
  request.path = address.publisher;
  request.attempt = attempt;
  const trace = field(head, traceNeedle);
  if (trace !== undefined) request.trace = parseTraceparent(trace, field(head, stateNeedle));
  request.event = { name: address.name, sequence, missed, cloud, move };
  if (move?.why === "replay") {
    request.replay = { stream: Store.events, sequence: sequence ?? 0, onward: false };
  }
  return request;
}

/** The event's data against its contract; `bring` gets what was too large for its message. */
export function eventData(works: Iterable<EventWork>, bring: BringData): ServeLayer {
  const kinds = new Map([...works].map(({ operation, kind }) => [operation, kind]));
  const checked = (request: Request, data: unknown): Request => {
    const { operation, id } = request;
    const read = RequestRecord.from(request);
    const schema = kinds.get(operation)?.data;
    const what = `event ${id} for ${operation.key}`;
    read.input = schema === undefined ? data : check(schema, data, MeshCode.InvalidInput, what);
    return read;
  };
  return (next) =>
    function eventData(request): Promise<unknown> {
      try {
        const { event, caller: publisher } = request;
        const data = event?.cloud.data;
        if (event === undefined || !(data instanceof ClaimedData)) {
          return next(checked(request, data));
        }
        const use = async (whole: unknown): Promise<unknown> => next(checked(request, whole));
        const of = { publisher, name: event.name };
        return bring({ claim: data.claim, of, signal: request.signal }, use);
      } catch (error) {
        return Promise.reject(error);
      }
    };
}

const traceNeedle = needle(Header.traceparent);
const stateNeedle = needle(Header.tracestate);
