---@meta
-- What scenarios see, for editors (LuaCATS) and for the reference page.  Nothing of it is run.

---A duration: "15m", "1h30m", "250ms", or a number of milliseconds.
---@alias Duration string|number
---A size: "4KiB", or a number of bytes.
---@alias Size string|integer
---A range of releases: "2.6", "-1.2", "2.3-", "1.2-2.6", or several with commas.
---@alias Releases string
---A release: "2.6".
---@alias Release string
---A key of Hadoop's configuration: "ipc.client.connect.max.retries".
---@alias ConfKey string
---What can be seen and held, as `ripcord points` lists it: "server.write".
---@alias Point string
---A point and how it is broken: "server.write.short".
---@alias FaultName string
---What can be scripted of chance: "client.retry", "client.sasl", "client.port", "server.cleanup", "server.select".
---@alias Draw string
---What a message is; "fin" and "rst" are those of who is at the other end.
---@alias MessageKind "preamble"|"sasl"|"context"|"request"|"ping"|"response"|"goodbye"|"http"|"fin"|"rst"
---How a call ends; "never": it has not, nor will it when its machine has died.
---@alias Ending "value"|"remote_error"|"remote_fatal"|"setup_failed"|"refused"|"connect_timeout"|"unreachable"|"read_timeout"|"eof"|"reset"|"bad_reply"|"internal"|"stopped"|"interrupted"|"encode_error"|"rejected"|"never"
---What a thread does just now; "new": it has not begun, "closed": it has ended.
---@alias Doing "new"|"add"|"setup"|"connect"|"sleep"|"write"|"write_lock"|"ping"|"read"|"wait"|"close"|"closed"|"accept"|"select"|"put"|"execute"

-- --- a file ---------------------------------------------------------------------------------

---@class ScenarioOptions
---@field releases? Releases for which it holds; default: all
---@field world? "sim"|"live" the only world in which it can be played
---@field tags? string[]
---@field cases? table[] rows of one shape; `name` and `releases` are free in each
---@field seeds? integer how many seeds it is played with
---@field rough? boolean true: the seed decides ties, costs and latencies; false: never, not even under --rough
---@field known? string the reference of a failure that is known
---@field limit? Duration how long it may take

---Declare a scenario: its title is the claim.
---@param title string
---@param options ScenarioOptions
---@param body fun(t: Scenario, case: table?)
---@overload fun(title: string, body: fun(t: Scenario))
function scenario(title, options, body) end

---The duration in milliseconds.
---@param duration Duration
---@return number
function ms(duration) end

---What the file beside this one returns.
---@param file string
---@return any
function include(file) end

-- --- matchers: wherever a value is expected or aimed at -------------------------------------------

---@class Matcher

---@type Matcher anything at all
any = nil
---A text that has this part, or a list that has this element: an equal one, or one that the matcher fits.
---@param part any
---@return Matcher
function has(part) end
---A text that begins so.
---@param text string
---@return Matcher
function starts(text) end
---Not less than `a`, and not more than `b`.  Here and below "4KiB" and "15m" are meant where what is seen has a unit: in an aim, in `at` and in `took`; elsewhere give numbers, ms "15m".
---@return Matcher
function between(a, b) end
---@return Matcher
function at_least(a) end
---@return Matcher
function at_most(a) end
---What equals one of the values, or fits one of the matchers.
---@param ... any
---@return Matcher
function one_of(...) end

-- --- roles ----------------------------------------------------------------------------------------

---@class Role
---@field name? string
---@field protocol string the Java name of its protocol
---@field version? integer of the protocol; default: as it is declared of Writables, else 1
---@field engine? "protobuf"|"writable" what its calls are made of; default: as the protocol is declared, else protobuf from 2.x on
---@field methods? table<string, fun(call: HandlerCall, request: table): any>
---@field written? table<string, fun(call: HandlerCall, request: table): any> in place of `methods` where calls are Writables
---@field state? table what the script may look at and change

roles = {}

---A NameNode without DataNodes, with a tree of directories ("/dir/") and files ("/a" = "content").
---@param options { tree?: table<string, string|table>, user?: string }
---@return Role
function roles.namenode(options) end

---The NameNode's side of DatanodeProtocol, before 2.x: `state` has the `nodes` by storage id, and the `commands` for the next heartbeat.
---@param options? { namespace?: integer }
---@return Role
function roles.datanodes(options) end

---A JobTracker without jobs, before 2.x: `state` has the `trackers` by name, and the `actions` for the next heartbeat.
---@param options? { interval?: Duration }
---@return Role
function roles.jobtracker(options) end

-- --- Writables ----------------------------------------------------------------------------------------

---@class WritableField
---@field [1] string its type: boolean byte char short int long float double vint vlong utf8 utf text string, bytes bytes:vint bytes:16, enum CLASS, list TYPE, list:vint TYPE, optional TYPE, object, writable, or a class
---@field [2]? string its name; without one the fields of that class are the object's own
---@field when? string|table it is there if that earlier field is true, or { "field", value }
---@field read? fun(value: any): any makes what scripts see of what was read
---@field write? fun(value: any): any makes what is written of what a script gives

---A class of Writables, for all cases of the file: its fields as its `write` writes them; `enum` its constants; `abstract` where others stand in its place.
---@param name string "org.example.Outer$Inner"
---@param fields WritableField[]|{ enum?: string[], abstract?: boolean }
function writable(name, fields) end

---A protocol of Writables, in every release (from 2.x on Hadoop's WritableRpcEngine) unless its `engine` says otherwise, for all cases of the file.  A method is { "returns", "parameter", … }, or a list of such where several share the name.
---@param name string its Java name
---@param options { version?: integer, methods?: table<string, string[]|string[][]>, engine?: "protobuf"|"writable" }
function protocol(name, options) end

-- --- t --------------------------------------------------------------------------------------------

---@class (exact) Scenario
---@field now number milliseconds since the scenario began
---@field seed integer
---@field release Release
---@field world "sim"|"live"
local Scenario = {}

---Whether the release is this one or a later one.
---@param release Release
---@return boolean
function Scenario:since(release) end

---The value of the one range of releases that fits.
---@generic T
---@param values table<Releases, T>
---@return T
function Scenario:by(values) end

---@class ServerOptions
---@field handlers? integer Handlers, 1
---@field queue? integer calls in the callQueue; default: Hadoop's
---@field conf? table<ConfKey, any> Hadoop's keys; false: no file sets it, core-default.xml neither
---@field host? Host|string default: "server1", "server2" …; under `ripcord serve` the first server without host and port is where --listen says
---@field port? integer
---@field protocol? string
---@field protocols? (string|Role)[] several in the place of `protocol`, `engine` and `role`: each a protocol's name, or what a role says; one may be there in several versions, and in both engines
---@field engine? "protobuf"|"writable" what its calls are made of; default: as the protocol is declared, else protobuf from 2.x on
---@field auth? "simple"|"token"|"kerberos" others than "simple" refuse who comes without SASL
---@field acl? string[] the users who are let in
---@field start? boolean false: it is bound, and accepts nobody before `start`
---@field role? Role
---@field retry_cache? any not built yet: the case is skipped
---@field level? any not built yet: the case is skipped

---A server; it speaks the test protocol: echo{message,time} blob{size,time} throw{class,message,time} hang{}.
---@param options? ServerOptions
---@return Server
function Scenario:server(options) end

---@class ClientOptions
---@field conf? table<ConfKey, any> Hadoop's keys; false: no file sets it, core-default.xml neither
---@field host? Host|string default: "client1", "client2" …
---@field user? string
---@field protocol? string
---@field engine? "protobuf"|"writable" what its calls are made of; default: as the server has it, else as the protocol is declared, else protobuf from 2.x on
---@field rpc_timeout? Duration 0 and -1: none, and yet not the same
---@field service_class? integer
---@field retry? any not built yet: the case is skipped
---@field plain_sockets? boolean its reads can't be interrupted
---@field call_id? integer the first one

---A client of a server, a peer, or "name:port".
---@param target Server|Peer|string
---@param options? ClientOptions
---@return Client
function Scenario:client(target, options) end

---A socket that listens, with our codec and no manners.
---@param options? { host?: Host|string, port?: integer }
---@return Peer
function Scenario:peer(options) end

---A connection in the script's own hands.
---@param target Server|Peer|string
---@param options? { host?: Host|string }
---@return Raw
function Scenario:dial(target, options) end

---A real program; live only.  Its arguments by position.
---@param options { [integer]: string, env?: table<string, string> }
---@return Program
function Scenario:program(options) end

---A machine.  `uptime`, said before anything runs there, is how long it has been up; default: a day.
---@param name string
---@param options? { uptime?: Duration }
---@return Host
function Scenario:host(name, options) end

---Where a name leads from now on.
---@param name string
---@param to Host|"fail"
function Scenario:dns(name, to) end

---A user with credentials; not built yet: the case is skipped.
---@param user string
---@param options? { method?: string, password?: string }
function Scenario:login(user, options) end

---What stands between a client and a server; not built yet: the case is skipped.
---@param target Server|Peer|string
function Scenario:relay(target) end

---The network, before all else.
---@param options { latency?: Duration, buffer?: Size, rto?: Duration }
function Scenario:net(options) end

---@param duration Duration
function Scenario:sleep(duration) end

---Let everything happen that is due at this instant.
function Scenario:settle() end

---Wait for calls, tasks, a program to end; for a gate or events to be `n`; for a function to be true, which is asked whenever something has happened.
---@param what any
---@param n? integer
---@return any
function Scenario:wait(what, n) end

---The results of `fn(1)` … `fn(n)`.
---@generic T
---@param n integer
---@param fn fun(i: integer): T
---@return T[]
function Scenario:times(n, fn) end

---A task beside the body.
---@param fn fun()
---@return Task
function Scenario:spawn(fn) end

---The events of a point that fit; the list grows as time passes.
---@param point Point
---@param aim? Aim
---@return Events
function Scenario:events(point, aim) end

---Stop whoever gets to the point, before the step.
---@param point Point
---@param aim? Aim
---@return Gate
function Scenario:hold(point, aim) end

---Break the point: "server.write.short".  `change` takes as its `fields` those of a Message, with numbers or upper-case names (a `value` is a table, made for the call's method, or its bytes; false: it is left out), and `cut`: only so many bytes go out.
---@param fault FaultName
---@param aim? Aim
---@return Fault
function Scenario:fault(fault, aim) end

---Script a draw.
---@param site Draw
---@param values any
function Scenario:draw(site, values) end

---@param x any
---@return Expectation
function Scenario:expect(x) end

---The same for every one of a list, which must not be empty.
---@param list any
---@return Expectation
function Scenario:each(list) end

---As `expect`, but a failure ends the scenario.
---@param x any
---@return Expectation
function Scenario:require(x) end

---Asked after each event: whether it holds, and what was seen instead.  It only looks: whatever does something, waits or expects is an error there.
---@param name string
---@param fn fun(): boolean, any
function Scenario:always(name, fn) end

---A number from `a` to `b`, from the seed.
---@param a integer
---@param b integer
---@return integer
function Scenario:random(a, b) end

---Bytes from the seed.
---@param n Size
---@return string
function Scenario:random_bytes(n) end

---As `writable`, for this case.
---@param name string
---@param fields WritableField[]|{ enum?: string[], abstract?: boolean }
function Scenario:writable(name, fields) end

---As `protocol`, for this case.
---@param name string
---@param options { version?: integer, methods?: table<string, string[]|string[][]>, engine?: "protobuf"|"writable" }
function Scenario:protocol(name, options) end

---A line in the record.
---@param text any
function Scenario:log(text) end

---What the scenario has found out, in a sentence: printed under the case, and kept in the record's log.
---@param text any
function Scenario:answer(text) end

---Whom and when an event, a hold or a fault is about; besides, the fields of the point and the parameters of the fault (`ripcord points`).
---@class Aim
---@field [integer] Host|Server|Client|Proxy|Call|Connection|Peer|Raw|Lane a Proxy: of its Client the calls that are its own, and the connections that these have joined
---@field host? Host
---@field server? Server in all its lives: before and after a stop or kill and a start
---@field client? Client
---@field connection? Connection
---@field call? Call
---@field lane? Lane|string|Matcher "reader/0"; at every point but `wire.*`: a message is no thread's
---@field method? string|Matcher
---@field call_id? integer|Matcher at every point but `net.*`, as `retry` and `call`
---@field retry? integer|Matcher
---@field direction? "c2s"|"s2c"|Matcher at `wire.*` and `net.*`
---@field nth? integer only that visit, from 1
---@field times? integer at most so many strikes
---@field from? Duration
---@field to? any a Duration, or the point's own field
---@field chance? number from 0 to 1
---@field maybe? boolean it need not strike
---@field where? fun(event: Event): boolean asked in the midst of a step, and maybe again: it looks, and whatever does something, waits or expects is an error there; in live a server's thread waits for its answer, so `method` and the like are cheaper

-- --- expectations ------------------------------------------------------------------------------------

---@class (exact) Expectation
local Expectation = {}

---@return Expectation
function Expectation:is(value) end
---@return Expectation
function Expectation:is_not(value) end
---A call ends with a value (a table must be equal).
---@return Expectation
function Expectation:returns(value) end
---A call ends otherwise.
---@param ending Ending|Matcher
---@return Expectation
function Expectation:fails(ending) end
---A call has not ended now.
---@return Expectation
function Expectation:pending() end
---A call never ends, and is meant not to.
---@return Expectation
function Expectation:never_ends() end
---When it ended or happened; of a list: when each did.
---@param time Duration|Matcher|table
---@return Expectation
function Expectation:at(time) end
---@param duration Duration|Matcher
---@return Expectation
function Expectation:took(duration) end
---A part of the message, or of what a program has printed.
---@param text string
---@return Expectation
function Expectation:says(text) end
---These fields, and any others.
---@param fields table
---@return Expectation
function Expectation:with(fields) end
---@param n integer|Matcher
---@return Expectation
function Expectation:count(n) end
---An event happened before another.
---@return Expectation
function Expectation:before(other) end
---A program ends with this status.
---@param status integer|Matcher
---@return Expectation
function Expectation:exits(status) end

-- --- handles ------------------------------------------------------------------------------------------

---@class (exact) Server
---@field address string "10.0.0.2:8020"
---@field port integer
---@field host Host
---@field connections Connection[]
---@field counters Counters those of its present life: a start begins anew
local Server = {}

---Serve a method by a function: what it returns is the answer, a table or a string of bytes; of Writables whatever the method's type is, nil being null.
---@param method string "ping"; of a server with several protocols "org.example.Foo.ping", in all versions of it
---@param fn fun(call: HandlerCall, request: table): any
---@return Server
function Server:on(method, fn) end
---As an operator stops it; wait for the effect.
function Server:stop() end
---Start it again at its address, also when its host was killed, or for the first time.
function Server:start() end
---New settings where Hadoop takes them while it runs.
---@param conf table<ConfKey, any>
function Server:refresh(conf) end
---"listener", "reader/0", "handler/0", "responder"
---@param name string
---@return Lane
function Server:lane(name) end

---@class (exact) Counters
---@field accepted integer
---@field open_connections integer
---@field dropped_connections integer
---@field call_queue_length integer
---@field executions integer
---@field skipped integer
---@field output_errors integer
---@field purged integer
---@field idle_closed integer
---@field authentication_failures integer
---@field authorization_failures integer
---@field slow_calls integer
---@field backoffs integer
---@field cache_hits integer

---@class (exact) Lane
---@field name string "reader/0"
---@field doing Doing
---@field blocked boolean a Reader that can't get rid of its call
---@field queue integer calls in the callQueue

---A call in the function that serves it.
---@class (exact) HandlerCall
---@field request table
---@field method string
---@field protocol string
---@field version integer of the protocol
---@field user string
---@field call_id integer
---@field retry integer
---@field client_id string 16 bytes
---@field connection Connection
---@field interrupted boolean the server stops
---@field time integer the wall clock of the server's machine, in milliseconds
local HandlerCall = {}

---The Handler stays busy for so long.
---@param duration Duration
function HandlerCall:sleep(duration) end
---Leave the function; the caller gets the exception.
---@param class string
---@param message? string
function HandlerCall:throw(class, message) end
---Stay busy until the scenario ends.
function HandlerCall:hang() end
---Give a deferred call up, from anywhere (3.4): its connection ends with a FATAL response.
---@param class string
---@param message? string
function HandlerCall:abort(class, message) end
---Free the Handler; the answer comes later.
function HandlerCall:defer() end
---Answer now, from anywhere; false: too late.
---@param value table|string
---@return boolean
function HandlerCall:answer(value) end
---Answer with a value that throws this when it is to be written.
---@param class string
---@param message? string
function HandlerCall:unwritable(class, message) end

---@class CallOptions
---@field caller? Caller|Call the thread that makes it; default: one of its own
---@field idempotent? boolean

---@class (exact) Client
---@field connections Connection[]
---@field host Host
local Client = {}

---A call.  Its request is a table of fields, or of Writables the list of its arguments unless its only parameter is a Writable; a string goes out as it is.  In lists of Writables nil is null; where one ends with it, or has it inside, `n` says how many there are, as table.pack does: { 1, nil, n = 2 }; so it does in lists that come.
---@param method string
---@param request? table|string
---@param options? CallOptions
---@return Call
function Client:call(method, request, options) end
---As RPC.getProxy: what it says of the ConnectionId; the rest is as in the client.
---@class ProxyOptions
---@field [1] Server|Peer|string? default: the client's target
---@field conf? table<ConfKey, any> what differs from the client's
---@field user? string
---@field login? integer two logins of one user's name are two users
---@field protocol? string
---@field version? integer of the protocol; default: that of the client, of another protocol the server's highest
---@field rpc_timeout? Duration 0 and -1: none, and yet not the same
---@field service_class? integer no part of the ConnectionId
---@field retry? any not built yet: the case is skipped

---Another proxy of this client, with a ConnectionId of its own where it differs.
---@param options ProxyOptions
---@return Proxy
function Client:proxy(options) end
---As Hadoop's stop; wait for the effect.
function Client:stop() end

---@class (exact) Proxy
local Proxy = {}

---@param method string
---@param request? table|string
---@param options? CallOptions
---@return Call
function Proxy:call(method, request, options) end
---As RPC.getProxy, and with `wait` as RPC.waitForProxy: before 2.x its first call asks for the protocol's version, again each second while nobody answers and `wait` is not over; another version than its own is `rejected`.  From 2.2 on nothing is sent.  A proxy that is not opened was made without that check.
---@param options? { wait?: Duration }
---@return Opening
function Proxy:open(options) end
---The last one to be closed stops the client, as Hadoop's ClientCache does.  One that could not be opened is counted for ever.
function Proxy:close() end

---How a proxy is opened; expectations take it as a call.
---@class (exact) Opening
---@field ending Ending
---@field value integer? the version that was answered; from 2.2 on nil
---@field class string? of the exception
---@field message string?
---@field started number milliseconds
---@field at number? when it ended
---@field took number?
---@field connection Connection? of the latest attempt
---@field attempts integer[] call ids

---@class Caller

---@class Failure
---@field class string
---@field message string?
---@field cause Failure?

---@class (exact) Call
---@field ending Ending
---@field value table?
---@field class string? of the exception
---@field message string? of the exception
---@field stack string? the server's stack trace, which stands behind the message in Java, "\n\tat …"
---@field cause Failure? the local exception inside
---@field code integer? RpcErrorCodeProto
---@field started number milliseconds
---@field at number? when it ended
---@field took number?
---@field connection Connection?
---@field caller Caller
---@field call_id integer
---@field attempts integer[]
---@field executions integer how often a Handler has begun with it
---@field doing Doing
local Call = {}

---Thread.interrupt() of the caller that waits for it.
function Call:interrupt() end

---@class (exact) Connection
---@field client Client?
---@field user string?
---@field reader integer?
---@field state string the server's, where it is one of ours
---@field calls integer that wait on it, as its client sees it
---@field rpc_count integer? as its server sees it
---@field last_contact integer? wall clock, in milliseconds
---@field doing Doing

---@class (exact) Peer
---@field address string
---@field port integer
---@field host Host
local Peer = {}

---The next connection; waits for it.
---@return Raw
function Peer:accept() end
function Peer:close() end

---A message: its kind by position, and what it says.  What is left out is as a good peer says it.
---@class Message
---@field [1] MessageKind
---@field call_id? integer
---@field call? integer|Message of a response: the request that is answered
---@field retry? integer
---@field client_id? string 16 bytes
---@field version? integer of preamble, goodbye and request
---@field service_class? integer of a preamble
---@field auth? integer|"none"|"sasl"|"simple"|"kerberos"|"digest" of a preamble; the last three before 2.x, where "none" is SIMPLE
---@field magic? string of a preamble: four bytes
---@field user? string of a context
---@field effective? string of a context: for whom `user` speaks
---@field protocol? string of context and request
---@field hash? integer of a request of Writables from 2.x on: clientMethodsHash, which no server looks at
---@field rpc_version? integer of a request of Writables from 2.x on: writableRpcVersion, 2
---@field rpc_kind? integer|"builtin"|"writable"|"protobuf"|false of a request (false: it is left out), and what a response's value is made of; default: as the server's engine, or as the call was
---@field rpc_op? integer|false of a request; false: it is left out
---@field method? string of a request
---@field value? any of request and response; of a request of Writables whose method does not take just one Writable: the list of its arguments
---@field types? string[] of a request of Writables: the Java types that its parameters are declared with, in place of the method's own
---@field type? string of a response of Writables: the declared type of its value, in place of the method's own
---@field status? "SUCCESS"|"ERROR"|"FATAL"|integer of a response; before 2.x of sasl too, and a number is sent as it is
---@field code? integer of a response
---@field class? string of a response or goodbye
---@field message? string of a response or goodbye
---@field state? "SUCCESS"|"NEGOTIATE"|"INITIATE"|"CHALLENGE"|"RESPONSE"|"WRAP" of sasl
---@field mechanism? string of sasl
---@field token? string of sasl
---@field length? integer the length word; given: this one, however long the frame is; replies before 2.x have none
---@field trailing? string bytes behind the last part, inside the frame
---@field bytes? string the value's bytes as they are
---@field problem? string received: why it does not decode

---@class (exact) Raw
---@field ended "fin"|"rst"|nil how the other side has ended, once that was read
---@field connection Connection?
---@field host Host
local Raw = {}

---Preamble and context: said by who dialled, heard by who accepted (returns the context then).
---@param options? { user?: string, protocol?: string }
function Raw:open(options) end
---One segment of bytes and messages; false: the other side has reset it.
---@param ... string|Message
---@return boolean
function Raw:send(...) end
---The bytes that `send` would send.
---@param ... string|Message
---@return string
function Raw:encode(...) end
---The next message; waits for it.  Another kind is an error.
---@param kind? MessageKind
---@return Message
function Raw:recv(kind) end
---All bytes up to the end; waits for it.
---@return string
function Raw:drain() end
---FIN, or RST when something is unread, as Linux does.
function Raw:close() end
---FIN, and go on reading.
function Raw:shutdown() end
---RST
function Raw:reset() end

---@class (exact) Task
---@field ended boolean

---@class (exact) Host
---@field name string
---@field address string
---@field uptime number how long it has been up; 3.4 measures a response's age by it
---@field descriptors integer sockets that are open there
---@field threads integer threads of Hadoop's own RPC code that live there, as many as the release has: of our servers and clients, callers are none
local Host = {}

---All its processes die at once; calls that its clients have under way never end, which is no failure.
function Host:kill() end
---They stand still, while its kernel goes on; at the end of the scenario they go on too.
function Host:pause() end
function Host:resume() end
---Move its wall clock: "+1h", "-5m".
---@param by Duration
function Host:clock(by) end

---@class (exact) Program
---@field output string what it has printed
---@field status integer? 128 + n: ended by signal n
---@field started number
---@field at number? when it ended
local Program = {}

---@param signal? integer default: 15
function Program:kill(signal) end

---@class Event
---@field point string
---@field at number
---@field host Host
---@field server Server?
---@field client Client?
---@field connection Connection?
---@field call Call?
---@field call_id integer?
---@field retry integer?
---@field lane Lane|string|nil a server's Lane, else a name, "client1/caller/1"; nil at `wire.*`
---@field direction "c2s"|"s2c"|nil

---@class (exact) Events
---@field [integer] Event
---@operator len: integer
local Events = {}

---A field of each.
---@param field string
---@return any[]
function Events:map(field) end

---@class (exact) Fault
---@field strikes integer
local Fault = {}

function Fault:lift() end

---@class (exact) Gate
---@field held integer who stand there now
local Gate = {}

---Let the `n` oldest go on; all, and then open for good, when `n` is left out.
---@param n? integer
function Gate:release(n) end
