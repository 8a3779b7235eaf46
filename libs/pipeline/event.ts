import type { TaskMove } from "./request.ts";

/** What an event says of itself, in the words of CloudEvents 1.0; its data is read when somebody asks. */
export interface CloudEvent {
  /** Unique for its source. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** When it happened; undefined when the publisher did not say. */
  readonly time: Date | undefined;
  /** What it is about, within its source. */
  readonly subject: string | undefined;
  readonly contentType: string;
  readonly data: unknown;
}

/** What came as an event. */
export interface EventArrival {
  /** As its publisher's contract declares it. */
  readonly name: string;
  readonly cloud: CloudEvent;
  /** Its place in the stream; undefined when it was heard live. */
  readonly sequence: number | undefined;
  /** Events that were lost before it, of a live subscriber that is too slow. */
  readonly missed: number;
  /** Why it comes, where it does not come by itself. */
  readonly move: TaskMove | undefined;
}
