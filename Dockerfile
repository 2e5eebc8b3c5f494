# The server as an image; any other command of changebg, too. BASE: any Debian or Ubuntu release whose python3 is 3.11 or newer.
#
# The kernels are compiled while the image is built, for one fixed processor, so that a container's first call does not wait for a compiler.
# x86-64-v3 is every Intel core since Haswell (2013) and every AMD core since Zen (2017). For other machines give both arguments:
#   --build-arg NUMBA_CPU_NAME=generic --build-arg NUMBA_CPU_FEATURES=
#
# --build-arg EXTRAS=mediapipe adds what `--matting mediapipe` needs: 400 MB. The other mattings do without.
ARG BASE=debian:bookworm-slim
ARG EXTRAS=

FROM ${BASE} AS build
ARG EXTRAS
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY requirements.lock ./
# uv first, at its locked version: unlike pip it checks the hashes of a lock that holds more than is installed.
RUN python3 -m venv tools \
    && sed -n '/^uv==/,/# via/p' requirements.lock > uv.lock \
    && tools/bin/pip install --no-cache-dir --require-hashes --requirement uv.lock \
    && python3 -m venv --without-pip /opt/changebg
COPY . .
RUN tools/bin/uv pip install --python /opt/changebg/bin/python --no-cache --compile-bytecode \
    --constraints requirements.lock --build-constraints requirements.lock ".${EXTRAS:+[${EXTRAS}]}"

FROM ${BASE}
ARG EXTRAS
ARG NUMBA_CPU_NAME=x86-64-v3
ARG NUMBA_CPU_FEATURES=+avx,+avx2,+bmi,+bmi2,+cmov,+cx16,+cx8,+f16c,+fma,+fxsr,+lzcnt,+mmx,+movbe,+popcnt,+sahf,+sse,+sse2,+sse3,+sse4.1,+sse4.2,+ssse3,+xsave
ENV PATH=/opt/changebg/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/var/cache/changebg \
    NUMBA_CPU_NAME=${NUMBA_CPU_NAME} \
    NUMBA_CPU_FEATURES=${NUMBA_CPU_FEATURES}
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 ${EXTRAS:+libegl1 libgles2} \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin changebg \
    && install --directory --owner=changebg --group=changebg /var/cache/changebg /var/lib/changebg /work
COPY --from=build /opt/changebg /opt/changebg
COPY tools/health /usr/local/bin/changebg-health
USER 10001
# By the user who will run them, for the processor in ENV: the cache is theirs, and the processor is part of its key.
RUN python -c "from transforms import catalog, sample; catalog.warm_up()"
WORKDIR /work
# Reached from outside, `serve` needs CHANGEBG_TOKEN, or refuses to start. Uploads, profiles and keys lie in a volume of their own.
# Calls are ended before `docker stop` loses its patience, which is 10 s.
ENV CHANGEBG_HOST=0.0.0.0 \
    CHANGEBG_UDP_PORTS=50000-50099 \
    CHANGEBG_DATA_DIR=/var/lib/changebg \
    CHANGEBG_DRAIN=7
VOLUME /var/lib/changebg
EXPOSE 8080/tcp 50000-50099/udp
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["changebg-health"]
ENTRYPOINT ["changebg"]
CMD ["serve"]
