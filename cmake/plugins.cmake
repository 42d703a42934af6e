# What a node outside this source tree needs: the headers that it includes, the symbols that the
# program exports, and a CMake package. The headers are found by following the includes of these:
set(public_headers "")
set(todo graph/node.hpp graph/source.hpp nodes/types.hpp nodes/frame.hpp graph/inspect.hpp)
while(todo)
  list(POP_FRONT todo header)
  if(NOT header IN_LIST public_headers)
    list(APPEND public_headers ${header})
    file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/${header} includes REGEX "^#include \"")
    list(TRANSFORM includes REPLACE "#include \"([^\"]*)\".*" "\\1")
    list(APPEND todo ${includes})
  endif()
endwhile()
list(SORT public_headers)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${public_headers})

# A plugin fits a program only if both were compiled with the same declarations: a version is raised
# by hand, this digest by itself.
set(digests "")
foreach(header IN LISTS public_headers)
  file(SHA256 ${CMAKE_CURRENT_SOURCE_DIR}/${header} digest)
  string(APPEND digests ${digest})
endforeach()
string(SHA256 interface_digest "${digests}")
string(SUBSTRING ${interface_digest} 0 8 interface_digest)
configure_file(cmake/interface.hpp.in generated/graph/interface.hpp @ONLY)
set_source_files_properties(graph/plugins.cpp graph/plugin_mark.cpp PROPERTIES
  INCLUDE_DIRECTORIES ${CMAKE_CURRENT_BINARY_DIR}/generated)

# Only what is ours is exported, so that a plugin's own copy of some library stays its own.
target_link_options(pipeline PRIVATE -Wl,--dynamic-list=${CMAKE_CURRENT_SOURCE_DIR}/cmake/exports.txt)
set_target_properties(pipeline PROPERTIES LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/cmake/exports.txt)
target_link_libraries(pipeline PRIVATE ${CMAKE_DL_LIBS})

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/latentflow)
set(header_folder ${CMAKE_INSTALL_INCLUDEDIR}/latentflow)
foreach(header IN LISTS public_headers)
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${header} DESTINATION ${header_folder}/${folder})
endforeach()
install(FILES graph/build_mark.hpp graph/plugin_mark.cpp ${CMAKE_CURRENT_BINARY_DIR}/generated/graph/interface.hpp
        DESTINATION ${header_folder}/graph)
install(DIRECTORY templates DESTINATION share/latentflow)

add_library(latentflow_plugin INTERFACE)
set_target_properties(latentflow_plugin PROPERTIES EXPORT_NAME plugin)
target_compile_features(latentflow_plugin INTERFACE cxx_std_20)
target_include_directories(latentflow_plugin INTERFACE $<INSTALL_INTERFACE:${header_folder}>)
target_sources(latentflow_plugin INTERFACE $<INSTALL_INTERFACE:$<INSTALL_PREFIX>/${header_folder}/graph/plugin_mark.cpp>)
target_link_libraries(latentflow_plugin INTERFACE fmt::fmt)
install(TARGETS latentflow_plugin EXPORT latentflow)
install(TARGETS pipeline EXPORT latentflow RUNTIME DESTINATION bin)
install(EXPORT latentflow NAMESPACE latentflow:: DESTINATION ${package_folder})
configure_package_config_file(cmake/latentflowConfig.cmake.in latentflowConfig.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(latentflowConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/latentflowConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/latentflowConfigVersion.cmake
        DESTINATION ${package_folder})
