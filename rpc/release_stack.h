/*
 * Stack traces of server threads, as their age's JVM prints them (6 for 0.20.203 and 1.2.1, 7 for
 * 2.2.0 and 2.6.0, 17 for 3.4.3): from the engine that invokes a method down to the Handler's loop.
 * The frames of the method itself are nobody's here.  For release.c.
 */
#ifndef RPC_RELEASE_STACK_H
#define RPC_RELEASE_STACK_H

#define STACK_MESSAGES(line)                                                                       \
    "\n\tat org.apache.hadoop.ipc.ProtobufRpcEngine$Server$ProtoBufRpcInvoker.call("               \
    "ProtobufRpcEngine.java:" line ")"
#define STACK_WRITABLES(line)                                                                      \
    "\n\tat org.apache.hadoop.ipc.WritableRpcEngine$Server$WritableRpcInvoker.call("               \
    "WritableRpcEngine.java:" line ")"
#define STACK_BELOW(rpc, inner, outer, subject, group, handler)                                    \
    "\n\tat org.apache.hadoop.ipc.RPC$Server.call(RPC.java:" rpc ")"                               \
    "\n\tat org.apache.hadoop.ipc.Server$Handler$1.run(Server.java:" inner ")"                     \
    "\n\tat org.apache.hadoop.ipc.Server$Handler$1.run(Server.java:" outer ")"                     \
    "\n\tat java.security.AccessController.doPrivileged(Native Method)"                            \
    "\n\tat javax.security.auth.Subject.doAs(Subject.java:" subject ")"                            \
    "\n\tat org.apache.hadoop.security.UserGroupInformation.doAs(UserGroupInformation.java:" group \
    ")\n\tat org.apache.hadoop.ipc.Server$Handler.run(Server.java:" handler ")\n"
#define STACK_BELOW_22 STACK_BELOW("928", "2048", "2044", "415", "1491", "2042")
#define STACK_BELOW_26 STACK_BELOW("962", "2039", "2035", "415", "1628", "2033")
#define STACK_MESSAGES_34                                                                          \
    "\n\tat org.apache.hadoop.ipc.ProtobufRpcEngine2$Server$ProtoBufRpcInvoker.call("              \
    "ProtobufRpcEngine2.java:621)"                                                                 \
    "\n\tat org.apache.hadoop.ipc.ProtobufRpcEngine2$Server$ProtoBufRpcInvoker.call("              \
    "ProtobufRpcEngine2.java:589)"                                                                 \
    "\n\tat org.apache.hadoop.ipc.ProtobufRpcEngine2$Server$ProtoBufRpcInvoker.call("              \
    "ProtobufRpcEngine2.java:573)"
#define STACK_BELOW_34                                                                             \
    "\n\tat org.apache.hadoop.ipc.RPC$Server.call(RPC.java:1228)"                                  \
    "\n\tat org.apache.hadoop.ipc.Server$RpcCall.run(Server.java:1246)"                            \
    "\n\tat org.apache.hadoop.ipc.Server$RpcCall.run(Server.java:1169)"                            \
    "\n\tat java.base/java.security.AccessController.doPrivileged(AccessController.java:712)"      \
    "\n\tat java.base/javax.security.auth.Subject.doAs(Subject.java:439)"                          \
    "\n\tat org.apache.hadoop.security.authentication.util.SubjectUtil.doAs("                      \
    "SubjectUtil.java:247)"                                                                        \
    "\n\tat org.apache.hadoop.security.UserGroupInformation.doAs("                                 \
    "UserGroupInformation.java:1951)"                                                              \
    "\n\tat org.apache.hadoop.ipc.Server$Handler.run(Server.java:3198)\n"

#endif
