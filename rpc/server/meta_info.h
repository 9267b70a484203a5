/*
 * ProtocolMetaInfoPB, the protocol that each server of 2.x and later has besides its own, and that
 * tells about those: which versions of them there are, and the fingerprints of their methods
 * (ipc/RPC.java, initProtocolMetaInfo; ipc/ProtocolMetaInfoServerSideTranslatorPB.java).
 */
#ifndef RPC_SERVER_META_INFO_H
#define RPC_SERVER_META_INFO_H

#include "rpc/server/server.h"

/* Before any other protocol is added; where the release has it.  RPC_NO_MEMORY. */
enum rpc_status server_add_meta(struct server *server);

bool server_is_meta(const struct server_protocol *protocol);

#endif
