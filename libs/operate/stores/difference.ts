/** A field that is not as it shall be. */
export interface Difference {
  readonly field: string;
  readonly wanted: unknown;
  readonly found: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** In which fields of those that are wanted the server has something else. */
export function differences(wanted: object, found: Fields): readonly Difference[] {
  return Object.entries(wanted).flatMap(([field, value]) => {
    // The stream is where a consumer is, not what it is.
    if (field === "stream") return [];
    const have = field === "filter_subjects" ? filtersOf(found) : found[field];
    if (isSame(value, field === "metadata" ? ownOf(value, have) : have)) return [];
    return [{ field, wanted: value, found: have }];
  });
}

/** `max_bytes 1024, not 2048`. */
export function differenceText({ field, wanted, found }: Difference): string {
  return `${field} ${shown(found)}, not ${shown(wanted)}`;
}

/** One filter has a field of its own. */
function filtersOf({ filter_subjects, filter_subject }: Fields): unknown {
  return filter_subjects ?? (filter_subject ? [filter_subject] : undefined);
}

/** Of what is there, the keys that are wanted: the server and others add theirs. */
function ownOf(wanted: unknown, found: unknown): unknown {
  if (!isFields(wanted) || !isFields(found)) return found;
  return Object.fromEntries(
    Object.keys(wanted).flatMap((key) => (Object.hasOwn(found, key) ? [[key, found[key]]] : [])),
  );
}

function isSame(one: unknown, other: unknown): boolean {
  // The server leaves out what is false, zero or empty.
  if (!one && !other) return true;
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

/** No list and no map here has an order that matters. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.toSorted();
  if (!isFields(value)) return value;
  return Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
