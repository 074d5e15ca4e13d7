/** In how many hashes the entries of a stream are, by their time, so that each of them ends as a whole. */
const PARTS = 16;

/**
 * Finds out where a stream is: its epoch is a run of the Redis server, and its numbers begin with the time, so that
 * what Redis has lost is not counted again. What is too old in all of the stream is forgotten up to `forgotten`, which
 * the times of some entries tell, so it may be late: each entry knows its time, too.
 *
 * Calls of Redis are what a script costs, and lifetimes the most. So the state of a stream is one packed text, and
 * lifetimes are set again only after a while.
 *
 * @param run where it is known, since Redis makes a text of all that it is to tell it
 */
function begin(run: string | undefined): string {
  return `
local call, unpack, pack = redis.call, struct.unpack, struct.pack
local base, maxAge = KEYS[1], tonumber(ARGV[1])
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local run = ${run === undefined ? `string.match(call('INFO', 'server'), 'run_id:(%x+)')` : `'${run}'`}
local function text(number) return string.format('%.0f', number) end
local position, forgotten, lost, kept, part = 0, 0, 0, 0, -1
local state = call('GET', base)
local isKnown = state and string.sub(state, 41) == run
if state then position, forgotten, lost, kept, part = unpack('>ddddd', state) end
if not isKnown then
  position = math.max(position, now * 1000)
  forgotten = position
  kept = 0
end
local function partOf(time) return math.floor(time / maxAge * ${PARTS}) end
local function entriesOf(part) return base .. ':entries:' .. part end
local function save(part) call('SETRANGE', base, 0, pack('>ddddd', position, forgotten, lost, kept, part) .. run) end
if now - kept >= maxAge / 100 then
  local times = base .. ':times'
  local old = call('ZRANGEBYSCORE', times, '-inf', now - maxAge)
  if #old > 0 then
    forgotten = math.max(forgotten, tonumber(old[#old]))
    call('ZREMRANGEBYSCORE', times, '-inf', now - maxAge)
  end
  call('ZADD', times, now, text(position))
  kept = now
  save(part)
  call('PEXPIRE', times, maxAge * 2)
  call('PEXPIRE', base, maxAge * 2)
  call('UNLINK', entriesOf(partOf(now) - ${PARTS + 2}))
end
local floor = math.max(forgotten, lost)
`;
}

/** What a member of a topic is packed as: see `append`. The key comes after it. */
const MEMBER = "'>ssddddI4'";

/**
 * Counts entries, keeps each once, lets go of the oldest, and publishes them, all at once. The data of what no topic
 * has any more are not kept until their time is over: a busy topic would take all the more memory.
 *
 * A topic is a list, whose members tell where an entry is, where the one before was, its size, the bytes of the list up
 * to it, its time, when the lifetime of the list was set, how many topics have the entry, and its key. So all that is
 * to be known of a topic stands in its last member. A list becomes longer than it should be by a sixteenth, since it is
 * cheaper to shorten it now and then.
 *
 * ARGV: max age, max entries, max bytes, the command to publish with, the message before and after the entry, and after
 * the place; and for each entry its key, `once` if a known one is to be left out, `again` if it may be known since it
 * was sent before, the entry, its topics as JSON, its size, the number of topics, the topics, the number of channels,
 * and pairs of a channel and a head. Answers with the place of each.
 */
export const append = (run?: string): string => `
${begin(run)}
local maxEntries, maxBytes = tonumber(ARGV[2]), tonumber(ARGV[3])
local mostEntries, mostBytes = maxEntries + math.floor(maxEntries / 16), maxBytes + math.floor(maxBytes / 16)
local own = partOf(now)
local entries = entriesOf(own)
local function placeOf(key)
  for one = own, own - ${PARTS + 1}, -1 do
    local place = call('HGET', entriesOf(one), 'place ' .. key)
    if place then return string.match(place, '^[^\\n]*') end
  end
end
local function letGo(at, time, holders, key)
  local kept = entriesOf(partOf(time))
  if holders > 1 and call('HINCRBY', kept, 'gone ' .. at, 1) < holders then return end
  call('HDEL', kept, 'gone ' .. at, 'data ' .. key)
end
local function shorten(list, length, bytes)
  local gone = 0
  while gone < length - 1 do
    local members = call('LRANGE', list, gone, math.min(gone + 99, length - 2))
    for index = 1, #members do
      local at, _, size, _, time, _, holders, after = unpack(${MEMBER}, members[index])
      local isOld = now - time >= maxAge
      if not isOld and length - gone <= maxEntries and bytes <= maxBytes then
        length = 0
        break
      end
      if not isOld then letGo(at, time, holders, string.sub(members[index], after)) end
      bytes = bytes - size
      gone = gone + 1
    end
  end
  if gone > 0 then call('LTRIM', list, gone, -1) end
  return bytes
end
local places = {}
local next = 8
while next <= #ARGV do
  local key, kind, json = ARGV[next], ARGV[next + 1], ARGV[next + 2]
  local size, count = tonumber(ARGV[next + 4]), ARGV[next + 5]
  local topics = next + 5
  local channels = topics + count + 1
  local last = channels + 2 * ARGV[channels]
  local known = kind == 'again' and placeOf(key)
  if not known then
    local at = text(position + 1)
    local lists, all, sets, previous = {}, {}, {}, {}
    for index = 1, tonumber(count) do
      local list = base .. ':topic:' .. ARGV[topics + index]
      local newest = call('LINDEX', list, -1)
      lists[index] = list
      if newest then
        local at, _, _, bytes, _, set = unpack(${MEMBER}, newest)
        all[index], sets[index], previous[index] = bytes, set, at
        if lost > 0 and tonumber(at) < lost then previous[index] = text(lost) end
      else
        all[index], previous[index] = 0, text(floor)
      end
    end
    local place = '{"run":"' .. run .. '","position":' .. at .. ',"previous":[' .. table.concat(previous, ',') .. ']}'
    if kind == 'once' and not call('SET', base .. ':known:' .. key, '', 'NX', 'PX', maxAge) then
      places[#places + 1] = false
    else
      position = position + 1
      if size <= maxBytes then
        call('HSET', entries, 'place ' .. key, place .. '\\n' .. ARGV[next + 3], 'data ' .. key, json)
      else
        call('HSET', entries, 'place ' .. key, place .. '\\n' .. ARGV[next + 3])
        size = 0
      end
      if own ~= part then
        part = own
        call('PEXPIRE', entries, maxAge + math.ceil(maxAge / ${PARTS} * 4))
      end
      for index = 1, #lists do
        local list, set, bytes = lists[index], sets[index], all[index] + size
        local isDue = not set or now - set > maxAge / 4
        if isDue then sets[index] = now end
        local function member(bytes)
          return pack(${MEMBER}, at, previous[index], size, bytes, now, sets[index], count) .. key
        end
        local length = call('RPUSH', list, member(bytes))
        if length > mostEntries or bytes > mostBytes or (set and isDue) then
          call('LSET', list, -1, member(shorten(list, length, bytes)))
        end
        if isDue then call('PEXPIRE', list, maxAge * 2) end
      end
      places[#places + 1] = place
      local head, message
      for index = channels + 1, last, 2 do
        if ARGV[index + 1] ~= head then
          head = ARGV[index + 1]
          message = head .. '\\n' .. ARGV[5] .. json .. ARGV[6] .. place .. ARGV[7]
        end
        call(ARGV[4], ARGV[index], message)
      end
    end
  else
    places[#places + 1] = known
  end
  next = last + 1
end
save(part)
return places
`;

/** Counts something that was lost: nothing before it can be told from then on. ARGV: max age. */
export const forget = (run?: string): string => `${begin(run)}
position = position + 1
lost = position
save(part)
return text(position)
`;

/**
 * Says where a stream is, and reads what topics have after positions, for several questions. ARGV: max age, and for
 * each question the most entries, the most bytes, the number of topics, and then pairs of a topic and a position.
 * Answers with the run, the position, the entries, each of them its place with its topics, and its data, and for each
 * question a list of numbers of entries; none if some that it asks for are not kept any more.
 */
export const read = (run?: string): string => `${begin(run)}
local entries, numbers, lists = {}, {}, {}
local function membersAfter(list, since)
  local most = 8
  while true do
    local members = call('LRANGE', list, -most, -1)
    if #members == 0 then return members end
    local oldest, previous = unpack('>ss', members[1])
    if tonumber(oldest) <= since then return members end
    if #members < most then return since >= tonumber(previous) and members end
    most = most * 4
  end
end
local function answer(first, last, mostEntries, mostBytes)
  local found, list, all = {}, {}, 0
  for index = first, last, 2 do
    local since = tonumber(ARGV[index + 1])
    local members = since >= floor and membersAfter(base .. ':topic:' .. ARGV[index], since)
    if not members then return false end
    for _, member in ipairs(members) do
      local at, _, size, _, time, _, _, after = unpack(${MEMBER}, member)
      if tonumber(at) > since and not found[at] then
        if now - time >= maxAge then return false end
        found[at] = { entriesOf(partOf(time)), string.sub(member, after) }
        list[#list + 1] = at
        all = all + size
        if #list > mostEntries or all > mostBytes then return false end
      end
    end
  end
  table.sort(list, function(one, other) return tonumber(one) < tonumber(other) end)
  for index, at in ipairs(list) do
    if not numbers[at] then
      local kept, key = found[at][1], found[at][2]
      local entry = call('HMGET', kept, 'place ' .. key, 'data ' .. key)
      if not entry[1] or not entry[2] then return false end
      entries[#entries + 1] = entry
      numbers[at] = #entries
    end
    list[index] = numbers[at]
  end
  return list
end
local next = 2
while next <= #ARGV do
  local last = next + 2 + 2 * ARGV[next + 2]
  lists[#lists + 1] = answer(next + 3, last, tonumber(ARGV[next]), tonumber(ARGV[next + 1]))
  next = last + 1
end
return { run, text(position), entries, lists }
`;

/** Says which run of the Redis server this is. */
export const RUN = "return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')";
