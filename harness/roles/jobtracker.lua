-- A JobTracker without jobs, before 2.x: org.apache.hadoop.mapred.InterTrackerProtocol, the
-- heartbeats of TaskTrackers.
--
--     local role = roles.jobtracker { interval = "3s" }
--     t:server { role = role }
--     role.state.actions[1] = { actionId = "REINIT_TRACKER" }
--
-- What stands in `actions` goes out with the next heartbeat; `trackers` has each tracker's last
-- status by its name.

local methods = {}

-- heartbeat(status, restarted, initialContact, acceptNewTasks, responseId): who asks again with an
-- id that has been answered gets the same answer (JobTracker.java).
function methods.heartbeat(state, _, request)
    local status, first, id = request[1], request[3], request[5]
    local last = state.trackers[status.trackerName]
    if not first and not last then
        return { responseId = id + 1, heartbeatInterval = state.interval, actions = { { actionId = "REINIT_TRACKER" } } }
    end
    if last and not first and last.response.responseId ~= id then
        last.repeated = last.repeated + 1
        return last.response
    end
    local response = { responseId = id + 1, heartbeatInterval = state.interval, actions = state.actions }
    state.trackers[status.trackerName] = { status = status, response = response, repeated = 0 }
    state.actions = {}
    return response
end

function methods.getFilesystemName() return "hdfs://namenode:8020" end
function methods.getSystemDir() return "/tmp/hadoop/mapred/system" end
function methods.getBuildVersion() return "1.2.1" end
function methods.getVIVersion() return "1.2.1" end
function methods.getTaskCompletionEvents() return {} end

function methods.reportTaskTrackerError(state, _, request)
    state.errors[#state.errors + 1] = { tracker = request[1], class = request[2], message = request[3] }
end

return function(options)
    options = options or {}
    for key in pairs(options) do
        if key ~= "interval" then
            error("the role jobtracker has no option '" .. tostring(key) .. "' (it has: interval)", 2)
        end
    end
    local role = {
        name = "jobtracker",
        protocol = "org.apache.hadoop.mapred.InterTrackerProtocol",
        written = {},
        state = { interval = ms(options.interval or "3s"), trackers = {}, actions = {}, errors = {} },
    }
    for name, method in pairs(methods) do
        role.written[name] = function(call, request) return method(role.state, call, request) end
    end
    return role
end
