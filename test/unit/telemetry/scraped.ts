interface Source {
  metrics(): Promise<string>;
}

type Labels = Readonly<Record<string, string>>;

interface Line {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** What a Prometheus server would read. */
export interface Page {
  /** The one sample with exactly these labels; undefined when there is none. */
  value(name: string, labels: Labels): number | undefined;
  /** All samples of a name, in the order of the page. */
  values(name: string): number[];
  type(name: string): string | undefined;
}

/** Scrapes a registry and parses its page. */
export async function scraped(registry: Source): Promise<Page> {
  return parsePage(await registry.metrics());
}

/** Parses a page of Prometheus' text format, strictly: a line that is none of it throws. */
export function parsePage(text: string): Page {
  const lines: Line[] = [];
  const types = new Map<string, string>();
  for (const line of text.split("\n")) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (type !== null) types.set(type[1] ?? "", type[2] ?? "");
    if (line === "" || line.startsWith("#")) continue;
    const sample = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (sample === null) throw new SyntaxError(`no sample: ${line}`);
    lines.push({
      name: sample[1] ?? "",
      labels: labelsOf(sample[2] ?? ""),
      value: Number(sample[3]),
    });
  }
  return {
    type: (name) => types.get(name),
    values: (name) => lines.filter((line) => line.name === name).map((line) => line.value),
    value: (name, labels) =>
      lines.find((line) => line.name === name && same(line.labels, labels))?.value,
  };
}

function labelsOf(text: string): Labels {
  return Object.fromEntries(
    [...text.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
  );
}

function same(a: Labels, b: Labels): boolean {
  const sorted = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort());
  return sorted(a) === sorted(b);
}
