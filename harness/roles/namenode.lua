-- A NameNode without DataNodes: a tree of directories and files, kept in memory, behind
-- org.apache.hadoop.hdfs.protocol.ClientProtocol.  The exceptions and their texts are those of
-- Hadoop's FSDirectory, FSNamesystem and FSDir…Op.
--
--     t:server { role = roles.namenode { tree = { ["/a"] = "hello", ["/dir/"] = {} } } }
--
-- A path that ends with "/" is a directory, any other a file with that content; a table may
-- set owner, group, mode, modified, and of a file length.

local LIST_LIMIT = 1000 -- dfs.ls.limit
local BLOCK_SIZE = 128 * 1024 * 1024
local CAPACITY = 1 << 40
local START = 946684800000 -- 2000-01-01

local NOT_FOUND = "java.io.FileNotFoundException"
local EXISTS = "org.apache.hadoop.fs.FileAlreadyExistsException"
local NOT_DIRECTORY = "org.apache.hadoop.fs.ParentNotDirectoryException"
local NOT_EMPTY = "org.apache.hadoop.fs.PathIsNotEmptyDirectoryException"

local OVERWRITE = 2

-- "/a/b" as { "a", "b" }
local function split(path)
    local parts = {}
    for part in path:gmatch "[^/]+" do parts[#parts + 1] = part end
    return parts
end

local Tree = {}
Tree.__index = Tree

function Tree.new(owner)
    local tree = setmetatable({ next_id = 16386, owner = owner }, Tree)
    tree.root = tree:node(true, { mode = 493 }) -- 0755
    tree.root.id = 16385
    return tree
end

function Tree:node(is_directory, given)
    local id = self.next_id
    self.next_id = id + 1
    return {
        id = id,
        children = is_directory and {} or nil,
        length = given.length or 0,
        owner = given.owner or self.owner,
        group = given.group or "supergroup",
        mode = given.mode or (is_directory and 493 or 420), -- 0755, 0644
        modified = given.modified or START,
    }
end

-- The node at `path`, or nil and the parent that has no such child.
function Tree:find(path)
    local node = self.root
    for _, part in ipairs(split(path)) do
        if not node.children then return nil, node end
        local child = node.children[part]
        if not child then return nil end
        node = child
    end
    return node
end

-- The directory above `path`, and the last name.
function Tree:above(path)
    local parts = split(path)
    local name = table.remove(parts)
    return self:find("/" .. table.concat(parts, "/")), name, "/" .. table.concat(parts, "/")
end

-- Make all directories of `path`; the last one, or nil and the path of what is a file.
function Tree:make(path, given)
    local node, at = self.root, ""
    for _, part in ipairs(split(path)) do
        at = at .. "/" .. part
        if not node.children then return nil, at:match "^(.*)/" end
        if not node.children[part] then
            node.children[part] = self:node(true, given)
            node.modified = given.modified or START
        end
        node = node.children[part]
    end
    if not node.children then return nil, at end
    return node
end

local function sorted_names(node)
    local names = {}
    for name in pairs(node.children) do names[#names + 1] = name end
    table.sort(names)
    return names
end

local function status_of(node, name)
    local is_directory = node.children ~= nil
    return {
        fileType = is_directory and "IS_DIR" or "IS_FILE",
        path = name,
        length = is_directory and 0 or node.length,
        permission = { perm = node.mode },
        owner = node.owner,
        group = node.group,
        modification_time = node.modified,
        access_time = is_directory and 0 or node.modified,
        block_replication = is_directory and 0 or 1,
        blocksize = is_directory and 0 or BLOCK_SIZE,
        fileId = node.id,
        childrenNum = is_directory and #sorted_names(node) or 0,
    }
end

-- length, files and directories of all that is below
local function sum_up(node)
    if not node.children then return node.length, 1, 0 end
    local length, files, directories = 0, 0, 1
    for _, child in pairs(node.children) do
        local l, f, d = sum_up(child)
        length, files, directories = length + l, files + f, directories + d
    end
    return length, files, directories
end

local function must_find(tree, call, path)
    local node = tree:find(path)
    if not node then call:throw(NOT_FOUND, "File does not exist: " .. path) end
    return node
end

-- --- methods ---------------------------------------------------------------------------------

local methods = {}

function methods.getFileInfo(tree, _, request)
    local node = tree:find(request.src)
    return { fs = node and status_of(node, "") }
end

function methods.getListing(tree, _, request)
    local node = tree:find(request.src)
    if not node then return {} end
    if not node.children then
        return { dirList = { partialListing = { status_of(node, "") }, remainingEntries = 0 } }
    end
    local listing, remaining = {}, 0
    for _, name in ipairs(sorted_names(node)) do
        if name > request.startAfter then
            if #listing < LIST_LIMIT then
                listing[#listing + 1] = status_of(node.children[name], name)
            else
                remaining = remaining + 1
            end
        end
    end
    return { dirList = { partialListing = listing, remainingEntries = remaining } }
end

function methods.getBlockLocations(tree, call, request)
    local node = must_find(tree, call, request.src)
    if node.children then call:throw(NOT_FOUND, "Path is not a file: " .. request.src) end
    local blocks = {}
    if node.length > 0 then
        blocks[1] = {
            b = { poolId = "BP-1", blockId = node.id, generationStamp = 1001, numBytes = node.length },
            offset = 0,
            corrupt = false,
            blockToken = { identifier = "", password = "", kind = "", service = "" },
        }
    end
    return {
        locations = {
            fileLength = node.length,
            blocks = blocks,
            underConstruction = false,
            lastBlock = blocks[1],
            isLastBlockComplete = true,
        },
    }
end

function methods.getServerDefaults()
    return {
        serverDefaults = {
            blockSize = BLOCK_SIZE,
            bytesPerChecksum = 512,
            writePacketSize = 65536,
            replication = 1,
            fileBufferSize = 4096,
        },
    }
end

function methods.getContentSummary(tree, call, request)
    local length, files, directories = sum_up(must_find(tree, call, request.path))
    return {
        summary = {
            length = length,
            fileCount = files,
            directoryCount = directories,
            quota = -1,
            spaceConsumed = length,
            spaceQuota = -1,
        },
    }
end

function methods.getFsStats(tree)
    local used = sum_up(tree.root)
    return {
        capacity = CAPACITY,
        used = used,
        remaining = CAPACITY - used,
        under_replicated = 0,
        corrupt_blocks = 0,
        missing_blocks = 0,
    }
end

function methods.mkdirs(tree, call, request)
    local above, _, parent = tree:above(request.src)
    if not request.createParent and not above then
        call:throw(NOT_FOUND, "Parent directory doesn't exist: " .. parent)
    end
    local made, file = tree:make(request.src, {
        owner = call.user,
        mode = request.masked.perm & 1023, -- 01777
        modified = call.time,
    })
    if not made and file == request.src then
        call:throw(EXISTS, "Path is not a directory: " .. file)
    elseif not made then
        call:throw(NOT_DIRECTORY, file .. " (is not a directory)")
    end
    return { result = true }
end

function methods.create(tree, call, request)
    local src = request.src
    local node = tree:find(src)
    if node and node.children then call:throw(EXISTS, src .. " already exists as a directory") end
    if node and request.createFlag & OVERWRITE == 0 then
        call:throw(EXISTS, src .. " for client " .. call.user .. " already exists")
    end
    local above, name, parent = tree:above(src)
    if not above and not request.createParent then
        call:throw(NOT_FOUND, "Parent directory doesn't exist: " .. parent)
    end
    above = above or tree:make(parent, { owner = call.user, modified = call.time })
    if not above or not above.children then
        call:throw(NOT_DIRECTORY, parent .. " (is not a directory)")
    end
    local made = tree:node(false, {
        owner = call.user,
        mode = request.masked.perm & 1023,
        modified = call.time,
    })
    above.children[name], above.modified = made, call.time
    return { fs = status_of(made, "") }
end

function methods.addBlock(tree, call, request)
    must_find(tree, call, request.src)
    call:throw("java.io.IOException", "File " .. request.src
        .. " could only be written to 0 of the 1 minReplication nodes."
        .. " There are 0 datanode(s) running and 0 node(s) are excluded in this operation.")
end

function methods.complete(tree, call, request)
    must_find(tree, call, request.src)
    return { result = true }
end

-- Give what is at `src` the place `dst`.
local function move(tree, call, src, dst)
    local from, old = tree:above(src)
    local to, new = tree:above(dst)
    local node = from.children[old]
    from.children[old] = nil
    to.children[new] = node
    from.modified, to.modified = call.time, call.time
end

local function is_inside(path, directory)
    return path:sub(1, #directory + 1) == directory .. "/"
end

function methods.rename(tree, call, request)
    local src, dst = request.src, request.dst
    local node, target = tree:find(src), tree:find(dst)
    if target and target.children then
        dst = dst:gsub("/$", "") .. "/" .. src:match "[^/]*$"
        target = tree:find(dst)
    end
    local above = tree:above(dst)
    local possible = node and node ~= tree.root and not target and above and above.children
        and not is_inside(dst, src)
    if possible then move(tree, call, src, dst) end
    return { result = possible and true or false }
end

function methods.rename2(tree, call, request)
    local src, dst = request.src, request.dst
    local node, target = tree:find(src), tree:find(dst)
    local above, _, parent = tree:above(dst)
    if not node then call:throw(NOT_FOUND, "rename source " .. src .. " is not found.") end
    if node == tree.root then
        call:throw("java.io.IOException", "rename source cannot be the root")
    end
    if src == dst then
        call:throw(EXISTS, "The source " .. src .. " and destination " .. dst .. " are the same")
    end
    if is_inside(dst, src) then
        call:throw("java.io.IOException",
            "Rename destination " .. dst .. " is a directory or file under source " .. src)
    end
    if not above then call:throw(NOT_FOUND, "rename destination parent " .. parent .. " not found.") end
    if not above.children then
        call:throw(NOT_DIRECTORY, "rename destination parent " .. parent .. " is a file.")
    end
    if target then
        if (target.children ~= nil) ~= (node.children ~= nil) then
            call:throw("java.io.IOException", "Source " .. src .. " and destination " .. dst
                .. " must both be directories")
        end
        if not request.overwriteDest then
            call:throw(EXISTS, "rename destination " .. dst .. " already exists")
        end
        if target.children and next(target.children) then
            call:throw("java.io.IOException", "rename destination directory is not empty: " .. dst)
        end
    end
    move(tree, call, src, dst)
    return {}
end

function methods.delete(tree, call, request)
    local node = tree:find(request.src)
    if not node or node == tree.root then return { result = false } end
    if node.children and next(node.children) and not request.recursive then
        call:throw(NOT_EMPTY, "`" .. request.src .. " is non empty': Directory is not empty")
    end
    local above, name = tree:above(request.src)
    above.children[name], above.modified = nil, call.time
    return { result = true }
end

function methods.setPermission(tree, call, request)
    must_find(tree, call, request.src).mode = request.permission.perm & 1023
    return {}
end

function methods.setOwner(tree, call, request)
    local node = must_find(tree, call, request.src)
    node.owner = request.username or node.owner
    node.group = request.groupname or node.group
    return {}
end

function methods.setTimes(tree, call, request)
    must_find(tree, call, request.src).modified = request.mtime
    return {}
end

function methods.renewLease()
    return {}
end

-- --- before 2.x: arguments by position, values of Java (FSNamesystem.java, FSDirectory.java of 1.2.1)

local written = {}
local OLD_BLOCK_SIZE = 64 * 1024 * 1024

local function old_status(node, name)
    local status = status_of(node, name)
    return {
        path = name,
        length = status.length,
        isdir = node.children ~= nil,
        block_replication = status.block_replication,
        blocksize = node.children and 0 or OLD_BLOCK_SIZE,
        modification_time = status.modification_time,
        access_time = status.access_time,
        permission = { mode = node.mode },
        owner = node.owner,
        group = node.group,
    }
end

local function file_at(tree, path)
    local node = tree:find(path)
    return node and not node.children and node or nil
end

function written.getFileInfo(tree, _, request)
    local node = tree:find(request[1])
    return node and old_status(node, "")
end

function written.getListing(tree, call, request)
    local found = methods.getListing(tree, call, { src = request[1], startAfter = request[2] }).dirList
    if not found then return nil end
    local node, listing = tree:find(request[1]), {}
    for i, status in ipairs(found.partialListing) do
        listing[i] = old_status(node.children and node.children[status.path] or node, status.path)
    end
    return { partialListing = listing, remainingEntries = found.remainingEntries }
end

function written.getBlockLocations(tree, _, request)
    local node = file_at(tree, request[1])
    if not node then return nil end
    local blocks = {}
    if node.length > 0 then
        blocks[1] = {
            block = { blockId = node.id, numBytes = node.length, generationStamp = 1001 },
        }
    end
    return { fileLength = node.length, blocks = blocks, underConstruction = false }
end

function written.getContentSummary(tree, call, request)
    return methods.getContentSummary(tree, call, { path = request[1] }).summary
end

function written.getStats(tree)
    local stats = methods.getFsStats(tree)
    return { stats.capacity, stats.used, stats.remaining, 0, 0, 0 }
end

function written.getDatanodeReport() return {} end

function written.getPreferredBlockSize(tree, call, request)
    must_find(tree, call, request[1])
    return OLD_BLOCK_SIZE
end

function written.setSafeMode() return false end

function written.mkdirs(tree, call, request)
    local made, file = tree:make(request[1], {
        owner = call.user,
        mode = request[2].mode & 1023,
        modified = call.time,
    })
    if not made then call:throw(NOT_FOUND, "Parent path is not a directory: " .. file) end
    return true
end

-- create(src, masked, clientName, overwrite, [createParent,] replication, blockSize)
function written.create(tree, call, request)
    local src, name = request[1], request[3]
    local node, above, last, parent = tree:find(src), tree:above(src)
    local failed = "failed to create file " .. src .. " on client " .. name
    if node and (node.children or not request[4]) then
        call:throw("java.io.IOException",
            failed .. " either because the filename is invalid or the file exists")
    end
    if request[7] and not request[5] and not above then
        call:throw(NOT_FOUND, "Parent directory doesn't exist: " .. parent)
    end
    above = above or tree:make(parent, { owner = call.user, modified = call.time })
    if not above or not above.children then
        call:throw(NOT_FOUND, "Parent path is not a directory: " .. parent)
    end
    above.children[last] = tree:node(false, {
        owner = call.user,
        mode = request[2].mode & 1023,
        modified = call.time,
    })
    above.modified = call.time
end

function written.addBlock(tree, call, request)
    must_find(tree, call, request[1])
    call:throw("java.io.IOException",
        "File " .. request[1] .. " could only be replicated to 0 nodes, instead of 1")
end

function written.abandonBlock() end

function written.complete(tree, _, request) return file_at(tree, request[1]) ~= nil end

function written.rename(tree, call, request)
    return methods.rename(tree, call, { src = request[1], dst = request[2] }).result
end

-- delete(src), delete(src, recursive)
function written.delete(tree, call, request)
    local src, recursive = request[1], request[2] ~= false
    local node = tree:find(src)
    if node and node.children and next(node.children) and not recursive then
        call:throw("java.io.IOException", src .. " is non empty")
    end
    return methods.delete(tree, call, { src = src, recursive = true }).result
end

function written.setReplication(tree, _, request) return file_at(tree, request[1]) ~= nil end

function written.setPermission(tree, call, request)
    must_find(tree, call, request[1]).mode = request[2].mode & 1023
end

function written.setOwner(tree, call, request)
    methods.setOwner(tree, call, { src = request[1], username = request[2], groupname = request[3] })
end

function written.setTimes(tree, call, request)
    local node = tree:find(request[1])
    if not node then call:throw(NOT_FOUND, "File " .. request[1] .. " does not exist.") end
    node.modified = request[2]
end

function written.setQuota(tree, call, request)
    if not tree:find(request[1]) then
        call:throw(NOT_FOUND, "Directory does not exist: " .. request[1])
    end
end

function written.renewLease() end
function written.fsync() end

-- --- the role ----------------------------------------------------------------------------------

local function plant(tree, path, value)
    local kind = type(value)
    if path:sub(1, 1) ~= "/" then
        error("tree: a path begins with '/', got '" .. path .. "'", 4)
    elseif kind ~= "string" and kind ~= "table" then
        error("tree: a text or a table expected for " .. path .. ", got " .. kind, 4)
    elseif path:sub(-1) == "/" and kind ~= "table" then
        error("tree: " .. path .. " is a directory, it has no content", 4)
    end
    local given = kind == "table" and value or { length = #value }
    if path:sub(-1) == "/" then
        local made = tree:make(path, {})
        if not made then error("tree: " .. path .. " is a file too", 4) end
        local new = tree:node(true, given)
        made.owner, made.group, made.mode, made.modified = new.owner, new.group, new.mode, new.modified
    else
        local _, name, parent = tree:above(path)
        local above = tree:make(parent, {})
        if not above then error("tree: " .. parent .. " is a file too", 4) end
        above.children[name] = tree:node(false, given)
    end
end

return function(options)
    options = options or {}
    for key in pairs(options) do
        if key ~= "tree" and key ~= "user" then
            error("the role namenode has no option '" .. tostring(key) .. "' (it has: tree user)", 2)
        end
    end
    local tree = Tree.new(options.user or "hdfs")
    for path, value in pairs(options.tree or {}) do plant(tree, path, value) end
    local function serve(all)
        local served = {}
        for name, method in pairs(all) do
            served[name] = function(call, request) return method(tree, call, request) end
        end
        return served
    end
    return {
        name = "namenode",
        protocol = "org.apache.hadoop.hdfs.protocol.ClientProtocol",
        methods = serve(methods),
        written = serve(written),
    }
end
