-- The NameNode's side of org.apache.hadoop.hdfs.server.protocol.DatanodeProtocol, before 2.x: it
-- registers DataNodes and answers their heartbeats with commands.
--
--     local role = roles.datanodes { namespace = 7 }
--     t:server { role = role }
--     role.state.commands[1] = { "org.apache.hadoop.hdfs.server.protocol.BlockCommand", action = 2, … }
--
-- What stands in `commands` goes out with the next heartbeat.  `nodes` has the registrations by
-- storage id, each with `heartbeats`, how many have come.  The texts are FSNamesystem's.

local REGISTER = "org.apache.hadoop.hdfs.server.protocol.DatanodeCommand$Register"
local LAYOUT = -41 -- FSConstants.LAYOUT_VERSION of 1.2.1

local methods = {}

function methods.versionRequest(role)
    return { layoutVersion = LAYOUT, namespaceID = role.namespace, distributedUpgradeVersion = LAYOUT }
end

function methods.register(role, _, request)
    local node = request
    if node.storageID == "" then
        role.next_id = role.next_id + 1
        node.storageID = "DS-" .. role.next_id
    end
    role.nodes[node.storageID] = { registration = node, heartbeats = 0 }
    return node
end

-- sendHeartbeat(registration, capacity, dfsUsed, remaining, xmitsInProgress, xceiverCount)
function methods.sendHeartbeat(role, _, request)
    local node = role.nodes[request[1].storageID]
    if not node then return { { REGISTER } } end
    node.heartbeats = node.heartbeats + 1
    node.capacity, node.used, node.remaining = request[2], request[3], request[4]
    if #role.commands == 0 then return nil end
    local due = role.commands
    role.commands = {}
    return due
end

function methods.blockReport(role, call, request)
    if not role.nodes[request[1].storageID] then
        call:throw("java.io.IOException", "ProcessReport from unregistered node: " .. request[1].name)
    end
    return nil
end

function methods.blockReceived() end
function methods.blocksBeingWrittenReport() end
function methods.reportBadBlocks() end

function methods.errorReport(role, _, request)
    role.errors[#role.errors + 1] = { code = request[2], message = request[3] }
end

return function(options)
    options = options or {}
    for key in pairs(options) do
        if key ~= "namespace" then
            error("the role datanodes has no option '" .. tostring(key) .. "' (it has: namespace)", 2)
        end
    end
    local role = {
        name = "datanodes",
        protocol = "org.apache.hadoop.hdfs.server.protocol.DatanodeProtocol",
        written = {},
        state = { namespace = options.namespace or 1, nodes = {}, commands = {}, errors = {}, next_id = 0 },
    }
    for name, method in pairs(methods) do
        role.written[name] = function(call, request) return method(role.state, call, request) end
    end
    return role
end
