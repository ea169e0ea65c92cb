-- One operation's load for wrk, one connection a thread: wrk -t8 -c8 -s load.lua URL -- OPERATION MATERIAL
-- MATERIAL is a Lua file that returns what to send. Any answer but the one a step expects is an error. done() prints one
-- line: DONE, then JSON.

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds; long nanoseconds; } moment;
  int clock_gettime(int clock, moment *now);
]]
local MONOTONIC = 1
local read = ffi.new("moment")
local function microseconds()
  ffi.C.clock_gettime(MONOTONIC, read)
  return tonumber(read.seconds) * 1e6 + tonumber(read.nanoseconds) / 1e3
end

local threads = {}
function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

finished, errors, failure, durations = 0, 0, "", {}
local material, steps, current, started, given, turn

local function token(body)
  local headers = {["Authorization"] = material.authorization, ["Content-Type"] = "application/x-www-form-urlencoded"}
  return wrk.format("POST", "/token", headers, body)
end
local function member(body, name) return string.match(body, '"' .. name .. '":"([^"]+)"') end
local function get_userinfo() return wrk.format("GET", "/userinfo", {["Authorization"] = "Bearer " .. given}) end

-- A step: how to ask, the status that answers it, and what must be found in the answer, which the next step is given.
local AUTHORIZE = {
  function()
    turn = turn % #material.cookies + 1
    return wrk.format("GET", material.authorize, {["Cookie"] = material.cookies[turn]})
  end,
  303, function(headers) return string.match(headers["Location"] or headers["location"] or "", "[?&]code=([^&]+)") end,
}
local REDEEM = {
  function() return token(material.redeem .. given) end,
  200, function(_, body) return member(body, "id_token") and member(body, "access_token") end,
}
local USERINFO = {get_userinfo, 200, function(_, body) return member(body, "sub") end}
local OPERATIONS = {
  hello = {{function() return wrk.format("GET", "/") end, 200, function(_, body) return body == "hello" end}},
  client_credentials = {{
    function() return token("grant_type=client_credentials") end,
    200, function(_, body) return member(body, "access_token") end,
  }},
  userinfo = {{
    function() given = material.access_tokens[number]; return get_userinfo() end, 200, USERINFO[3],
  }},
  refresh = {{
    function() return token("grant_type=refresh_token&refresh_token=" .. (given or material.refresh_tokens[number])) end,
    200, function(_, body) return member(body, "id_token") and member(body, "refresh_token") end,
  }},
  flow = {AUTHORIZE, REDEEM, USERINFO},
}

function init(arguments)
  steps, material = OPERATIONS[arguments[1]], dofile(arguments[2])
  current, turn = 1, number * 7 -- threads start with different visitors
end

function request()
  if current == 1 then started = microseconds() end
  return steps[current][1]()
end

function response(status, headers, body)
  local found = status == steps[current][2] and steps[current][3](headers, body)
  if not found then
    errors, current, given = errors + 1, 1, nil
    if failure == "" then failure = status .. " " .. string.sub(body or "", 1, 300) end
    return
  end
  given = found
  if current < #steps then
    current = current + 1
  else
    current, finished = 1, finished + 1
    durations[finished] = microseconds() - started
  end
end

local function percentile(sorted, share) return #sorted > 0 and sorted[math.ceil(#sorted * share)] / 1000 or 0 end

function done(summary)
  local count, wrong, what, all = 0, 0, "", {}
  for _, thread in ipairs(threads) do
    count, wrong = count + thread:get("finished"), wrong + thread:get("errors")
    if what == "" then what = thread:get("failure") end
    for _, duration in ipairs(thread:get("durations")) do table.insert(all, duration) end
  end
  table.sort(all)
  local sockets = summary.errors
  wrong = wrong + sockets.connect + sockets.read + sockets.write + sockets.timeout
  io.write(string.format(
    'DONE {"finished":%d,"errors":%d,"seconds":%.6f,"p50":%.3f,"p95":%.3f,"p99":%.3f,"failure":"%s"}\n',
    count, wrong, summary.duration / 1e6, percentile(all, 0.5), percentile(all, 0.95), percentile(all, 0.99),
    string.gsub(what, '[%c"\\]', "'")
  ))
end
