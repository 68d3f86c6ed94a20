# SPDX-License-Identifier: MIT
# Read by cpack for each kind of package: which components are in it.
if(CPACK_GENERATOR STREQUAL "DEB")
    set(CPACK_COMPONENTS_ALL program guests initramfs-tools dracut deb)
else()
    set(CPACK_COMPONENTS_ALL program guests dracut rpm)
endif()
