// Control characters steer a terminal; the others turn the direction in which a line is read.
const steering = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** What a document says, on one line and with nothing in it that steers who shows it. */
export function line(raw: string): string {
  return raw.replaceAll(/\s+/g, " ").trim().replaceAll(steering, "");
}
