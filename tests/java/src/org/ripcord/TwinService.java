package org.ripcord;

import java.io.IOException;
import java.util.Arrays;
import org.apache.hadoop.ipc.Server;
import org.apache.hadoop.thirdparty.protobuf.BlockingService;
import org.apache.hadoop.thirdparty.protobuf.ByteString;
import org.apache.hadoop.thirdparty.protobuf.CodedOutputStream;
import org.apache.hadoop.thirdparty.protobuf.Descriptors;
import org.apache.hadoop.thirdparty.protobuf.Message;
import org.apache.hadoop.thirdparty.protobuf.RpcController;
import org.apache.hadoop.thirdparty.protobuf.ServiceException;

/** The test protocol as a Java server speaks it. */
final class TwinService implements BlockingService {
  private static final Descriptors.ServiceDescriptor SERVICE =
      TestProtos.getDescriptor().findServiceByName("TestService");

  @Override
  public Descriptors.ServiceDescriptor getDescriptorForType() {
    return SERVICE;
  }

  @Override
  public Message getRequestPrototype(Descriptors.MethodDescriptor method) {
    switch (method.getName()) {
      case "echo": return TestProtos.EchoRequest.getDefaultInstance();
      case "blob": return TestProtos.BlobRequest.getDefaultInstance();
      case "throw": return TestProtos.ThrowRequest.getDefaultInstance();
      default: return TestProtos.HangRequest.getDefaultInstance();
    }
  }

  @Override
  public Message getResponsePrototype(Descriptors.MethodDescriptor method) {
    switch (method.getName()) {
      case "echo": return TestProtos.EchoResponse.getDefaultInstance();
      case "blob": return TestProtos.BlobResponse.getDefaultInstance();
      case "throw": return TestProtos.ThrowResponse.getDefaultInstance();
      default: return TestProtos.HangResponse.getDefaultInstance();
    }
  }

  @Override
  public Message callBlockingMethod(
      Descriptors.MethodDescriptor method, RpcController controller, Message request)
      throws ServiceException {
    switch (method.getName()) {
      case "echo": return echo((TestProtos.EchoRequest) request);
      case "blob": return blob((TestProtos.BlobRequest) request);
      case "throw": return fail((TestProtos.ThrowRequest) request);
      default:
        sleep(Long.MAX_VALUE);
        return TestProtos.HangResponse.getDefaultInstance();
    }
  }

  private static Message echo(TestProtos.EchoRequest request) throws ServiceException {
    sleep(request.getTime());
    TestProtos.EchoResponse.Builder answer = TestProtos.EchoResponse.newBuilder();
    if (request.hasMessage()) {
      answer.setMessage(request.getMessage());
    }
    return answer.build();
  }

  private static Message blob(TestProtos.BlobRequest request) throws ServiceException {
    sleep(request.getTime());
    int length = (int) Math.max(0, request.getSize() - overhead(0, 0));
    while (length > 0 && length + overhead(length, 1) > request.getSize()) {
      length--;
    }
    byte[] data = new byte[length];
    Arrays.fill(data, (byte) 'b');
    return TestProtos.BlobResponse.newBuilder()
        .setData(ByteString.copyFrom(data))
        .build();
  }

  /** Bytes of a reply's frame besides the data itself. */
  private static int overhead(int data, int fields) {
    int id = CodedOutputStream.computeUInt32SizeNoTag(Server.getCallId());
    int header = 1 + id + 2 + 2 + 2 + Server.getClientId().length + 2;
    int body = fields == 0 ? 0 : 1 + CodedOutputStream.computeUInt32SizeNoTag(data);
    return 4 + 1 + header + CodedOutputStream.computeUInt32SizeNoTag(body + data) + body;
  }

  private static Message fail(TestProtos.ThrowRequest request) throws ServiceException {
    sleep(request.getTime());
    try {
      throw new ServiceException(
          (Throwable) Class.forName(request.getClass_())
              .getConstructor(String.class)
              .newInstance(request.getMessage()));
    } catch (ReflectiveOperationException missing) {
      throw new ServiceException(new IOException(missing.toString()));
    }
  }

  private static void sleep(long milliseconds) throws ServiceException {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException interrupted) {
      throw new ServiceException(interrupted);
    }
  }
}
