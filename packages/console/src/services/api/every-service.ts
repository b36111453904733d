// Made from what services share by `npm run docs`; do not edit.

export interface Page<Item> {
  items: Item[];
  next: string | null;
}

export interface Finding {
  /** What was looked at */
  'name': string;
  'status': "ok" | "warn" | "fail";
  /** What is so */
  'sentence': string;
  /** What to do about it */
  'remedy'?: string | undefined;
}

export interface Numbers {
  /** Whether it can do its work */
  'isReady': boolean;
  /** What keeps it from that, a sentence each */
  'failures': (string)[];
  /** Its counters and gauges, by the names that they have in /metrics */
  'metrics': ({
    'name': string;
    'labels': Record<string, string | number>;
    'value': number;
  })[];
}

export interface PageInput {
  /** How many at most */
  'limit'?: number | undefined;
  /** `next` of the page before */
  'after'?: string | undefined;
}
