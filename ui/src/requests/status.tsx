import classes from "./requests.module.css";

/** An HTTP status with its tone: good, the caller's, a limit's, ours. */
export function Status({ status }: { status: number }) {
  const tone = status < 400 ? "ok" : status === 429 ? "wait" : status < 500 ? "off" : "bad";
  return (
    <span className={classes.status} data-tone={tone}>
      {status || "cut"}
    </span>
  );
}
