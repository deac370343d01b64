-- One load for wrk: GET, or POST of a question spread over many conversations; the summary is one line of JSON.
local method = os.getenv("BENCH_METHOD")
local body = os.getenv("BENCH_BODY")
local conversations = {}
for id in string.gmatch(os.getenv("BENCH_CONVERSATIONS") or "", "%S+") do
  conversations[#conversations + 1] = id
end
local turn = 0

if method == "POST" then
  wrk.method = "POST"
  wrk.body = body
  wrk.headers["Content-Type"] = "application/json"
  request = function()
    turn = turn % #conversations + 1
    return wrk.format(nil, "/api/conversations/" .. conversations[turn] .. "/turns")
  end
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"bytes":%d,"p50_us":%d,"p99_us":%d,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.timeout + errors.status))
end
