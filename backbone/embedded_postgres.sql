create role ehr login createdb;

grant pg_monitor, pg_checkpoint to ehr;

create database ehr owner ehr;
