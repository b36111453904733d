/** One measured value beside what it is compared with. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** The same thing done with nothing of ours in the way, measured in the same run. */
  yardstick?: { name: string; value: number };
  /** What we promised, and whether this run kept it. */
  budget?: { description: string; met: boolean };
}

/** A file of this folder that measures one subject. */
export interface Bench {
  run(): Promise<Figure[]>;
}
