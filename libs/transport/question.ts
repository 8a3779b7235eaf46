import type { Inbound, Link } from "../nats/index.ts";
import type { Inbox } from "./inbox.ts";

/** What is asked, and by which inbox. */
export interface Question {
  readonly link: Pick<Link, "publish">;
  readonly inbox: Inbox;
  readonly subject: string;
  readonly payload?: Uint8Array | string;
}

/** Asks; what comes back goes to the listener until the answer is called. Throws where it cannot be sent. */
export function ask(
  { link, inbox, subject, payload = "" }: Question,
  onReply: (message: Inbound) => void,
): () => void {
  const token = inbox.open({ receive: onReply });
  const end = (): void => inbox.close(token);
  try {
    link.publish(subject, payload, { reply: inbox.subject(token) });
    return end;
  } catch (error) {
    end();
    throw error;
  }
}
