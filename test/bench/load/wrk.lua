-- wrk [...] -s wrk.lua URL -- METHOD SESSIONS (text BODY | bytes COUNT)
-- Takes turns among requests that differ in x-session only, and ends with one line of JSON.

local requests = {}
local turn = 0

function init(args)
  wrk.method = args[1]
  local body = args[3] == "bytes" and string.rep("x", tonumber(args[4])) or args[4] or ""
  if #body > 0 then
    wrk.body = body
    wrk.headers["content-type"] = "application/json"
  end
  for session = 1, tonumber(args[2]) do
    wrk.headers["x-session"] = "session-" .. session
    requests[session] = wrk.format()
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"p50Ms":%.3f,"p99Ms":%.3f,"failures":%d}\n',
    summary.requests,
    summary.duration / 1e6,
    latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
