package org.ripcord;

import org.apache.hadoop.security.authorize.PolicyProvider;
import org.apache.hadoop.security.authorize.Service;

/** Who may use which protocol: twin.acl for TestProtocol, no other protocol is known. */
final class Policy extends PolicyProvider {
  @Override
  public Service[] getServices() {
    return new Service[] {new Service("twin.acl", TestProtocol.class)};
  }
}
