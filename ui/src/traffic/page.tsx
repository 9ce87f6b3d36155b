// Traffic over time: how many, how often in vain, how long; what failover has saved.
import "../mantine-more.css";
import { SegmentedControl } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { Empty } from "../parts/empty";
import { Loaded, Page, Panel, Waiting } from "../parts/page";
import { BY, type By, RANGES, type Range, useStats } from "./stats";
import { Totals } from "./totals";
import classes from "./traffic.module.css";

/** The chart library is larger than the rest of the page. */
const Charts = lazy(() => import("./charts"));

export default function TrafficPage() {
  const [range, setRange] = useState<Range>("1 h");
  const [by, setBy] = useState<By>("provider");
  const all = useStats("all", range);
  const split = useStats(by, range);
  return (
    <Page
      title="Traffic"
      about="Of providers, models and keys every try counts; of routes and in the sums every request."
    >
      <div className={classes.tools}>
        <SegmentedControl
          data={Object.keys(RANGES)}
          value={range}
          onChange={(it) => setRange(it as Range)}
          aria-label="Range"
        />
        <SegmentedControl data={[...BY]} value={by} onChange={(it) => setBy(it as By)} aria-label="Per" />
      </div>
      <Loaded query={all}>{(it) => <Totals stats={it} />}</Loaded>
      <Loaded query={split}>
        {(it) =>
          it.series.length === 0 ? (
            <Panel>
              <Empty title="Nothing has happened in this range">
                As soon as clients ask, their traffic stands here.
              </Empty>
            </Panel>
          ) : (
            <Suspense fallback={<Waiting rows={8} />}>
              <Charts stats={it} by={by} />
            </Suspense>
          )
        }
      </Loaded>
    </Page>
  );
}
