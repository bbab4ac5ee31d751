// JavaScript with fetch (Node.js 20 or later, or a browser): a request that fails open after two
// seconds.
//   node ask.mjs BTC/USDT
const base = process.env.REMORA_URL || "http://127.0.0.1:8000";

export async function isSafe(pair, onError = true) {
  try {
    const url = `${base}/api/v1/risk?${new URLSearchParams({ pair })}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(2000), redirect: "error" });
    if (response.status !== 200) throw new Error(`the service returned ${response.status}`);
    const answer = await response.json();
    if (typeof answer.safe_to_trade !== "boolean") throw new Error("the answer is not an assessment");
    if (answer.safe_to_trade && answer.state === "unknown") throw new Error("the service has no data of this market");
    return { safe: answer.safe_to_trade, answered: true, why: answer.blocked_by?.join(", ") || answer.reasoning?.[0] };
  } catch (error) {
    return { safe: onError, answered: false, why: error.message };
  }
}

const pair = process.argv[2] ?? "BTC/USDT";
const { safe, answered, why } = await isSafe(pair);
console.log(`${pair}: ${safe ? "enter" : "wait"} (${answered ? "" : "no answer: "}${why})`);
process.exitCode = safe ? 0 : 1;
