package org.ripcord;

import org.apache.hadoop.ipc.ProtocolInfo;
import org.apache.hadoop.thirdparty.protobuf.RpcController;
import org.apache.hadoop.thirdparty.protobuf.ServiceException;

/** The test protocol as a Java client sees it. (Its "throw" cannot be a Java method's name.) */
@ProtocolInfo(protocolName = "org.ripcord.TestProtocol", protocolVersion = 1)
public interface TestProtocol {
  TestProtos.EchoResponse echo(RpcController controller, TestProtos.EchoRequest request)
      throws ServiceException;

  TestProtos.BlobResponse blob(RpcController controller, TestProtos.BlobRequest request)
      throws ServiceException;

  TestProtos.HangResponse hang(RpcController controller, TestProtos.HangRequest request)
      throws ServiceException;
}
