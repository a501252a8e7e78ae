# -*- Mode: python; indent-tabs-mode: nil; coding: utf-8; -*-
# SPDX-License-Identifier: GPL-2.0-only
"""The module under waf: stand-alone against installed ns-3 libraries (waf configure build), and as
contrib/offload in an ns-3 tree that builds with waf (ns-3.35 and before)."""

import os

from waflib import Context

APPNAME = 'offload'
top = '.'
out = 'build/waf'

NS3_MODULES = ['core', 'network', 'internet', 'point-to-point', 'applications',
               'traffic-control', 'bridge', 'stats']
BOOST_LIBRARIES = ['boost_context', 'boost_iostreams', 'boost_system', 'boost_filesystem']
# ns-3.35 may compile as C++11; ours must not.
CXXFLAGS = ['-std=c++17', '-Wall', '-Wextra']


def stands_alone(ctx):
    """Whether waf was started here and not in an ns-3 tree around this folder."""
    return os.path.realpath(Context.run_dir) == os.path.realpath(ctx.path.abspath())


def options(opt):
    if stands_alone(opt):
        opt.load('compiler_cxx')
        opt.add_option('--enable-tests', action='store_true', default=False,
                       help='build the tests too (needs GoogleTest)')


def configure(conf):
    if stands_alone(conf):
        conf.load('compiler_cxx')
        if not conf.env.CXXFLAGS: # nothing in the environment
            conf.env.append_value('CXXFLAGS', ['-O2', '-g'])
        conf.env.append_value('CXXFLAGS', CXXFLAGS)
        # Debian's libraries are built with logs on; without this the class layouts differ.
        conf.env.append_value('DEFINES', 'NS3_LOG_ENABLE')
        # The .pc files of Debian's package are not usable, so ask the compiler.
        conf.check_cxx(header_name='ns3/core-module.h', uselib_store='NS3',
                       lib=['ns3-' + module for module in NS3_MODULES],
                       msg='Checking for ns-3 (%s)' % ' '.join(NS3_MODULES))
        conf.env.OFFLOAD_TESTS = conf.options.enable_tests
    # The ns-3 tree is configured by its own wscript; these are what ours needs beside it.
    conf.check_cxx(lib=BOOST_LIBRARIES, uselib_store='OFFLOAD', msg='Checking for Boost libraries')
    for library, header in [('elf', 'libelf.h'), ('dw', 'elfutils/libdw.h')]:
        conf.check_cxx(lib=library, header_name=header, uselib_store='OFFLOAD',
                       msg='Checking for %s (elfutils)' % header)
    conf.find_program('riscv64-unknown-elf-gcc', var='RISCV_CC', mandatory=False)
    for header in ['nlohmann/json.hpp', 'gnuplot-iostream.h']:
        conf.check_cxx(header_name=header, use='OFFLOAD', uselib_store='OFFLOAD_HEADERS',
                       cxxflags=['-std=c++17'])
    conf.check_cxx(lib=['gtest', 'pthread'], header_name='gtest/gtest.h', uselib_store='OFFLOAD_GTEST',
                   cxxflags=['-std=c++17'], mandatory=bool(conf.env.OFFLOAD_TESTS))


def build(bld):
    sources = bld.path.ant_glob('model/**/*.cc helper/*.cc')
    headers = bld.path.ant_glob('model/**/*.h helper/*.h')
    examples = bld.path.ant_glob('examples/*.cc')
    tests = bld.path.ant_glob('test/**/*.cc', excl='test/benchmark/* test/ns3/*')
    if bld.env.RISCV_CC:
        build_handlers(bld)
    else: # the tests that run them are left out
        tests = [test for test in tests if test.parent.name != 'riscv']
    if hasattr(bld, 'create_ns3_module'):
        build_in_tree(bld, sources, headers, examples, tests)
    else:
        build_stand_alone(bld, sources, headers, examples, tests)


def build_handlers(bld):
    """The handlers in examples/handlers, compiled for the HPUs; see cmake/handlers.cmake."""
    headers = bld.path.ant_glob('examples/handlers/*.h bindings/pspin/*.h')
    for source in bld.path.ant_glob('examples/handlers/*.c'):
        for variant, option in ('', ''), ('-ethernet', ' -DETHERNET'):
            name = os.path.splitext(source.name)[0] + variant
            bld(rule='${RISCV_CC} -O3 -g -march=rv32imac_zicsr -mabi=ilp32 -I %s%s -c ${SRC[0].abspath()} -o ${TGT}'
                     % (bld.path.find_dir('bindings/pspin').abspath(), option),
                source=[source] + headers, target='handlers/%s.o' % name, name='handler-' + name)
    handlers = bld.path.get_bld().make_node('handlers').abspath()
    bld.env.append_value('DEFINES_OFFLOAD_HANDLERS',
                         ['OFFLOAD_HANDLERS="%s"' % handlers,
                          'OFFLOAD_SOURCE="%s"' % bld.path.abspath(),
                          'OFFLOAD_RISCV_CC="%s"' % bld.env.RISCV_CC[0]])


def build_in_tree(bld, sources, headers, examples, tests):
    def relative(nodes):
        return [node.path_from(bld.path) for node in nodes]

    module = bld.create_ns3_module('offload', NS3_MODULES)
    module.source = relative(sources)
    module.use.append('OFFLOAD')
    module.env.append_value('CXXFLAGS', CXXFLAGS)

    public = bld(features='ns3header')
    public.module = 'offload'
    public.source = relative(headers)

    if bld.env.ENABLE_TESTS and bld.env.LIB_OFFLOAD_GTEST:
        library = bld.create_ns3_module_test_library('offload')
        library.source = relative(tests + bld.path.ant_glob('test/ns3/*.cc'))
        library.use.extend(['OFFLOAD', 'OFFLOAD_GTEST', 'OFFLOAD_HANDLERS'])
        library.includes = ['test']
        library.env.append_value('CXXFLAGS', CXXFLAGS)

    if bld.env.ENABLE_EXAMPLES:
        for example in examples:
            program = bld.create_ns3_program(os.path.splitext(example.name)[0],
                                             ['offload'] + NS3_MODULES)
            program.source = relative([example])
            program.use.extend(['OFFLOAD', 'OFFLOAD_HANDLERS'])
            program.env.append_value('CXXFLAGS', CXXFLAGS)


def build_stand_alone(bld, sources, headers, examples, tests):
    # All public headers are reached as "ns3/name.h", as in an ns-3 tree, through one folder of links.
    include = bld.bldnode.make_node('include')
    stage = include.make_node('ns3')
    stage.mkdir()
    for name in os.listdir(stage.abspath()):
        os.remove(os.path.join(stage.abspath(), name))
    for header in headers:
        os.symlink(header.abspath(), os.path.join(stage.abspath(), header.name))
    stage.make_node('offload-module.h').write(
        ''.join('#include "%s"\n' % header.name for header in headers))

    bld.shlib(target='offload', name='offload', source=sources, includes=[include],
              export_includes=[include], use='NS3 OFFLOAD', install_path='${LIBDIR}')
    rpath = [bld.bldnode.abspath()]
    for example in examples:
        bld.program(target='examples/' + os.path.splitext(example.name)[0], source=[example],
                    use='offload NS3 OFFLOAD OFFLOAD_HANDLERS', rpath=rpath, install_path=None)
    if bld.env.OFFLOAD_TESTS:
        bld.program(target='offload-test', source=tests, includes=['test'],
                    use='offload NS3 OFFLOAD OFFLOAD_GTEST OFFLOAD_HANDLERS', lib=['gtest_main'], rpath=rpath,
                    install_path=None)
